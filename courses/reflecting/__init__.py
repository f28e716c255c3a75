"""Writing reflections and marking them."""
