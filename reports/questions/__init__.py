"""The report of a question: over all exams that its reader may read reports of, by exam and by version."""
