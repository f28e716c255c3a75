"""Formats in and out: `tables.read_table` reads spreadsheets; all answer with verdicts.ParsedQuestion."""
