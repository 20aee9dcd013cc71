"""Many nodes: their order, the workers that build them, and the end of a run."""
