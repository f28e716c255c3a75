"""What organisers do with an exam besides publishing and adjusting it: build, watch, mark, read results."""
