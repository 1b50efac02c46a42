"""Who belongs to a team, how they get in, what owners decide, and a team as a whole: out and in again."""
