"""Evaluation reports over everything that was studied and examined; knows no way to change any of it."""
