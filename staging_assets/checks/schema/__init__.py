"""The checks of a whole schema: drift from the scripts, and foreign keys."""
