"""Certificates: issuing, the printed sheet, and the public page that says whether one is true."""
