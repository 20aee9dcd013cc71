"""The short transaction: its steps, and locks that nobody waits for long."""
