"""Study records touched by people: offline study entered by hand, a person's record erased."""
