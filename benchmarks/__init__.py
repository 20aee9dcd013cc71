"""Benchmarks: this project against psql, luigi, plain Dagster, dbt and a hand-written load."""
