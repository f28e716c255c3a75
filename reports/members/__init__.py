"""The report of a member: study, and every attempt down to each question."""
