"""Every change of banks, chapters, questions and imports: keyword-only, one transaction each, audited where privileged."""
