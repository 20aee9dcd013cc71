"""The kinds of checks."""
