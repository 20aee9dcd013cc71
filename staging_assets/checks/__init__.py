"""Is it right? What checks there are, and their evaluation."""
