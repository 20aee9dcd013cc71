"""A run as it is told afterwards: what came of each node, and how that differs from before."""
