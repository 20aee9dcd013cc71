"""Runs afterwards: where their time went, and what Dagster's history says of them."""
