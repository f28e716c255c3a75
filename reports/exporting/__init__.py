"""A Report as a file: the same rows, rounded by the same words as on the page."""
