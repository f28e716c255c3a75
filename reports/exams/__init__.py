"""The report of an exam: whose figures a reader gets (audience), the numbers, and how they are said."""
