"""The drop-in address: what scripts send to the service through us, and what they ask about."""
