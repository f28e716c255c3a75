"""What is asked, and the exams that ask it."""
