"""Sitting an exam: start, submit, the three closers, and what an organiser may change while it runs."""
