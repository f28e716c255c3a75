"""Search: what may be found, by whom, on whichever engine."""
