"""What tells the rows of a table from others: asked of the rows themselves."""

from __future__ import annotations

from staging_assets.model import Relation, SourceRule
from staging_assets.parser import quote, quote_identifier


def row_state_sql(rule: SourceRule, relation: Relation) -> str:
    """A query for one array of texts: the highest value and the count, or a hash and the count.

    Args:
        rule: `watermark` or `hash`.
        relation: as it is called in the database; it exists.
    """
    found = "sum(hashtextextended(t::text, 0)::numeric)::text"
    if rule.mode == "watermark":
        # A hash of the value: nobody is to find rows of a table in a record.
        found = f"md5(max(t.{quote_identifier(rule.column)})::text)"
    # Every row whole, in any order, and as text, since not every type has a hash of its own.
    return f"select array[{found}, count(*)::text] from {quote(relation)} as t"  # noqa: S608
