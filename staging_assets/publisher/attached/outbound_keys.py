"""Foreign keys from tables that change places to tables that stay where they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal, quote_name, tokenize
from staging_assets.postgres import BranchKey, Cursor
from staging_assets.publisher.attached.objects import InboundKey

_KEPT = """
select c.relname::text, quote_ident(k.conname),
    regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''), f.relname::text,
    obj_description(k.oid, 'pg_constraint'), k.convalidated
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0
join pg_class f on f.oid = k.confrelid
where n.nspname = %(live)s and c.relname = any (%(names)s::name[])
and f.relnamespace = n.oid and not f.relname = any (%(names)s::name[])
order by 1, 2
"""

_THERE = """
select c.relname::text, c.relkind = 'p', array(
    select quote_ident(k.conname) from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'
)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %(schema)s and c.relname = any (%(names)s::name[])
"""


def read_outbound(cursor: Cursor, live: str, names: Collection[str]) -> list[BranchKey]:
    """Read the foreign keys from tables that are put aside to tables that stay.

    Args:
        live: where they all are.
        names: of what is put aside.
    """
    cursor.execute(_KEPT, {"live": live, "names": sorted(names)})
    return [BranchKey(*row) for row in cursor.fetchall()]


def find_lacking(
    cursor: Cursor, keys: Iterable[BranchKey], *, live: str, incoming: str
) -> list[InboundKey]:
    """Those of the noted keys that have to be put on when their tables have come.

    A table that was put aside keeps its keys as long as nobody takes them away.

    Args:
        keys: of tables that are in `incoming` now.
        live: where they will be, and where the tables that they reference are.
    """
    noted = list(keys)
    names = sorted({key.table for key in noted})
    cursor.execute(_THERE, {"schema": incoming, "names": names})
    there = {name: (partitioned, made) for name, partitioned, made in cursor.fetchall()}
    return [
        _build_key(key, live, partitioned=there[key.table][0])
        for key in noted
        if key.table in there and key.name not in there[key.table][1]
    ]


def _build_key(key: BranchKey, live: str, *, partitioned: bool) -> InboundKey:
    on = str(Relation(live, key.table))
    comment = None
    if key.comment is not None:
        comment = f"comment on constraint {key.name} on {on} is {quote_literal(key.comment)}"
    return InboundKey(
        schema=live,
        table=key.table,
        name=_unquote(key.name),
        on=on,
        constraint=key.name,
        definition=_find_definition(key),
        references=key.references,
        target=quote(Relation(live, key.references)),
        columns=_find_columns(key.definition),
        scrap=False,
        partitioned=partitioned,
        validated=key.validated,
        enforced=" NOT ENFORCED" not in key.definition,
        period="PERIOD " in key.definition,
        comment=comment,
    )


def _find_definition(key: BranchKey) -> str:
    """What is said when the key is put on; one that was not valid is not valid again."""
    if key.validated or key.definition.endswith((" NOT VALID", " NOT ENFORCED")):
        return key.definition
    return f"{key.definition} NOT VALID"


def _find_columns(definition: str) -> Sequence[Sequence[str]]:
    """Own column, referenced column and operator of each pair, as Postgres spells the key."""
    lists: list[list[str]] = []
    depth = 0
    for token in tokenize(definition):
        if token.value == "(" and token.kind == "punctuation":
            depth += 1
            lists.append([])
        elif token.value == ")" and token.kind == "punctuation":
            depth -= 1
        elif depth and token.value not in (",", "period"):
            lists[-1].append(quote_name(token.value))
    if len(lists) < 2:
        return []
    return [[here, there, "="] for here, there in zip(lists[0], lists[1], strict=True)]


def _unquote(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
