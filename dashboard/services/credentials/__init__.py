"""What opens the service: registering it, trying it, calling with it, and the keys it is encrypted with."""
