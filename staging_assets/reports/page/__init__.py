"""The page of one run: a single HTML file that loads nothing."""
