"""Sheets of paper: PDF pages with an embedded Chinese font. Knows layout, not what is printed."""
