"""Routes beside the pages: JSON API, health, metrics, and the gate in front of everything."""
