"""Item statistics: read from the records (records), kept as sums (tallies), folded by a worker after each change
(worker), and made anew or compared with the records (rebuilding)."""
