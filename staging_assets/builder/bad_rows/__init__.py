"""Which rows of a load Postgres did not take: the expression, the column, a query to find them."""

from staging_assets.builder.bad_rows.explain import explain_key, explain_statement

__all__ = ["explain_key", "explain_statement"]
