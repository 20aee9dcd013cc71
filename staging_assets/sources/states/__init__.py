"""The state of sources: what is noted before they are read, and compared by a later run."""
