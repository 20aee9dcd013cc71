"""Build a Postgres staging schema from a folder of SQL scripts, as Dagster assets."""
