"""Aspose.OCR Cloud v5.0 over HTTP: what we send, what comes back, and what it means."""
