"""What was built, what it was made of, and how it was left: a row a node, beside the data."""
