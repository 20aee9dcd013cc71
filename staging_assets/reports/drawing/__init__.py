"""Pictures as SVG, by a few functions of our own: no library, no script, nothing to load."""
