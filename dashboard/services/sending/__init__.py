"""Getting images to the service: sources that are kept, and batches that are sent."""
