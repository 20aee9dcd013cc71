"""The PostgreSQL that comes with the Python packages: made, started, stopped."""
