"""What decides the content of each node: its scripts as fingerprints, and what else it names."""
