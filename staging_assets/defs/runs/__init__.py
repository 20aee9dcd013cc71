"""What is known of a run: whose it is, and whether its process still lives."""
