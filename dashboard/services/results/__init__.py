"""Stored results: reading them, putting them right, and every way in which they leave."""
