"""What changes study records: sessions, beats, completions, enrolments; one transaction each."""
