"""What keeps a deployment well for years: backups, clocks, housekeeping, and saying what is wrong."""
