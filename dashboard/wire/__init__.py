"""The wire format of the service as a server speaks it: one description for the sandbox and the drop-in address."""
