"""A table beside the live one: created, stripped of its keys, filled, and given them back."""
