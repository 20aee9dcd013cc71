"""Commands that begin a project: an empty one, or one of scripts that are there."""
