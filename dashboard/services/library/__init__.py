"""The library: finding stored results by their words, and the index behind that."""
