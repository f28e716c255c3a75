"""The evaluation report of a unit: what is asked, where its leaves stood, the counts, and how they are said."""
