"""The rules of questions, papers, marks and exam time; no Django, no clock, no unseeded random."""
