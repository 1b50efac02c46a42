"""Tasks: registering IDs that people paste, the board, and what can be done with one."""
