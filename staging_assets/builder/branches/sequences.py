"""Sequences of the live schema that a branch's scripts draw from: the branch has copies."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from staging_assets.model import Relation
from staging_assets.parser import quote
from staging_assets.postgres import Connection

# Not those of tables that the branch makes itself: these come with their tables.
_SEQUENCES = """
select c.relname::text, t.typname::text, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
    s.seqcycle, exists (
        select from pg_class as b join pg_namespace as m on m.oid = b.relnamespace
        where m.nspname = %(branch)s and b.relname = c.relname
    )
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_sequence as s on s.seqrelid = c.oid
join pg_type as t on t.oid = s.seqtypid
where n.nspname = %(live)s and not exists (
    select from pg_depend as d join pg_class as o on o.oid = d.refobjid
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
        and d.refclassid = 'pg_class'::regclass and o.relname = any (%(own)s)
)
order by 1
"""


def run_copy_sequences(
    connection: Connection, branch: str, live: str, own: Collection[str], texts: Iterable[str]
) -> frozenset[str]:
    """Copy the live sequences that scripts name, each where it stands; return their names.

    A copy that is there goes on from where it is.

    Args:
        connection: in autocommit mode.
        branch, live: the two schemas.
        own: names of all that the branch makes itself.
        texts: of the scripts that it runs.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES, {"live": live, "branch": branch, "own": sorted(own)})
        found = {row[0]: row[1:] for row in cursor.fetchall() if row[0] not in own}
        said = set(_find_words("\n".join(texts))) if found else set()
        named = {name for name in found if name.lower() in said or '"' in name or " " in name}
        steps = []
        for name in sorted(named):
            kind, start, increment, least, most, cache, cycle, there = found[name]
            if there:
                continue
            copy, original = quote(Relation(branch, name)), quote(Relation(live, name))
            steps.append(
                f"create sequence {copy} as {kind} increment {increment} minvalue {least}"
                f" maxvalue {most} start {start} cache {cache} {'' if cycle else 'no'} cycle"
            )
            steps.append(
                f"select pg_catalog.setval({_literal(copy)}, last_value, is_called)"  # noqa: S608
                f" from {original}"
            )
        if steps:
            cursor.execute(";".join(["begin", *steps, "commit"]))
    return frozenset(named)


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _find_words(text: str) -> list[str]:
    return re.findall(r"[\w$]+", text.lower())
