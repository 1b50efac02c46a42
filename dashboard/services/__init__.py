"""Use cases that the pages, the HTTP API and the command line share."""
