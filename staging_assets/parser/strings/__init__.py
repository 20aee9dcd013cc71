"""Which string literals Postgres, or a routine, takes for names, and which are just data."""
