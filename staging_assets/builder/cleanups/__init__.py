"""Cleanup scripts: `main(pgw)`, and the interface of pg_tools that it is called with."""
