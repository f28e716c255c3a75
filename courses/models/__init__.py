"""Everything courses keep, in one import."""
