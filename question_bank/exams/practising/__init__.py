"""Free practice and the wrong-answer notebook: what a member does for themselves; nothing here reaches a
score."""
