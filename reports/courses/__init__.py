"""The report of a course: who is enrolled, how far they came, where they stop."""
