"""A branch beside its live schema: views for people, numbers of its own, keys that are owed."""
