"""Doors of the reports: each checks who may read, builds the Report and hands it to the frame."""
