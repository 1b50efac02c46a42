"""What came back: Base64 to parts, type sniffing, masks, highlighting, file names. Pure functions only."""
