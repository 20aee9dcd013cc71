"""What a run would build, and why: decided for all nodes at once, before anything is built."""
