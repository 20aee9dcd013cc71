"""Which names a statement uses, and for what."""
