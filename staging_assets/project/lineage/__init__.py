"""Column lineage, found by sqlglot and remembered."""
