"""The live tables of a branch, as people see them: a view each, from which nothing can be written.

A view reads through a function whose text says what it reads. So nothing in the catalog leads from
the branch to a live table, which is built anew, altered and dropped as if there were no branch; and
Postgres puts the text in the function's place, so that an index of the table serves the view.
Built tables never read these views, but what they stand for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from staging_assets.errors import BuildError
from staging_assets.model import Relation, list_some
from staging_assets.parser import quote, quote_identifier, quote_literal
from staging_assets.postgres import BRANCH, Connection, find_build_schema

_QUERY = Path(__file__).with_name("live_tables.sql").read_text(encoding="utf-8")
_REFUSE = f"{BRANCH}_refuse"

_THERE = """
select c.relname::text, c.relkind::text, coalesce(p.prosrc, '')
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
left join pg_namespace as b on b.nspname = %(build)s
left join pg_proc as p on p.pronamespace = b.oid
    and p.proname = %(prefix)s || left(md5(c.relname), 16)
where n.nspname = %(branch)s and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by 1
"""

# Views of people, in other schemas, that would go with what is dropped.
_OUTSIDE = """
select distinct w.ev_class::regclass::text
from pg_depend as d
join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
join pg_class as v on v.oid = w.ev_class
join pg_namespace as m on m.oid = v.relnamespace
join pg_class as c on d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %(branch)s and c.relname = any (%(names)s)
    and m.nspname not in (%(branch)s, %(build)s)
order by 1
"""


@dataclass(frozen=True)
class _Shown:
    """A relation of the live schema, and its columns: name, type and comment of each."""

    name: str
    columns: list[Any]
    comment: str | None


@dataclass(frozen=True)
class _There:
    """A relation of the branch; `source` is what its view reads, if it is one of ours."""

    name: str
    kind: str
    source: str

    @property
    def is_view(self) -> bool:
        """Whether it shows a live table."""
        return self.kind == "v" and bool(self.source)


def run_show_live(
    connection: Connection, branch: str, live: str, names: Collection[str], own: Collection[str]
) -> None:
    """Show tables of the live schema in the branch, and take down what is not shown any more.

    What stands in the way of a view is dropped: the branch's own table, which no longer differs.

    Args:
        connection: in autocommit mode; both schemas exist, and the branch's build schema.
        branch, live: the two schemas.
        names: relations of the live schema to show.
        own: names of relations that the branch will have itself: no view may be called so.
    """
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, {"live": live, "names": sorted(set(names) - set(own))})
        shown = {
            name: _Shown(name, columns or [], comment)
            for name, columns, comment in cursor.fetchall()
        }
        texts = {name: _read_sql(live, each) for name, each in shown.items()}
        there = {each.name: each for each in _read_there(connection, branch)}
        going = [
            each
            for name, each in there.items()
            if (each.is_view or name in shown)
            and not (each.is_view and texts.get(name) == each.source)
        ]
        steps = _drop_steps(connection, branch, going)
        for name, text in texts.items():
            if name not in there or there[name].source != text or not there[name].is_view:
                steps += _show_steps(branch, live, shown[name], text)
        if steps:
            _run(connection, [_refuse_sql(branch, live), *steps])


def run_take_down(connection: Connection, branch: str, sequences: Collection[str]) -> None:
    """Take all views of live tables out of a branch, and its copies of sequences.

    It holds what was built in it, and can be built completely.

    Args:
        connection: in autocommit mode.
        sequences: names of the copies.
    """
    going = [each for each in _read_there(connection, branch) if each.is_view]
    steps = _drop_steps(connection, branch, going)
    steps += [f"drop sequence if exists {quote(Relation(branch, s))} cascade" for s in sequences]
    if steps:
        _run(connection, steps)


def _run(connection: Connection, steps: list[str]) -> None:
    lead = "begin; set local client_min_messages to error"
    with connection.cursor() as cursor:
        try:
            cursor.execute(";".join([lead, *steps, "commit"]))
        except psycopg2.Error:
            if not connection.closed:
                cursor.execute("rollback")
            raise


def _read_there(connection: Connection, branch: str) -> list[_There]:
    arguments = {"branch": branch, "build": find_build_schema(branch), "prefix": f"{BRANCH}_"}
    with connection.cursor() as cursor:
        cursor.execute(_THERE, arguments)
        return [_There(*row) for row in cursor.fetchall()]


def _function(branch: str, name: str) -> str:
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:16]
    return quote(Relation(find_build_schema(branch), f"{BRANCH}_{digest}"))


def _drop_steps(connection: Connection, branch: str, going: list[_There]) -> list[str]:
    """Statements that drop relations of a branch, with what is the branch's own upon them."""
    arguments = {
        "branch": branch,
        "build": find_build_schema(branch),
        "names": [each.name for each in going],
    }
    with connection.cursor() as cursor:
        cursor.execute(_OUTSIDE, arguments)
        outside = [name for (name,) in cursor.fetchall()]
    if outside:
        raise BuildError(
            f"{branch}: {list_some(outside)} hangs on what the branch replaces. Drop it, or point"
            " it to the live schema."
        )
    steps = []
    for noun, kinds in (("materialized view", "m"), ("view", "v"), ("table", "rp")):
        names = [quote(Relation(branch, each.name)) for each in going if each.kind in kinds]
        if names:
            steps.append(f"drop {noun} if exists {', '.join(names)} cascade")
    steps += [
        f"drop foreign table {quote(Relation(branch, e.name))}" for e in going if e.kind == "f"
    ]
    return steps + [f"drop function if exists {_function(branch, each.name)}()" for each in going]


def _read_sql(live: str, shown: _Shown) -> str:
    """What a view shows; a type of the live schema as text, since the branch has its own."""
    listed = ", ".join(
        f"t.{quote_identifier(column)}{'::text' if kind == 'text' else ''}"
        for column, kind, _ in shown.columns
    )
    listed = listed or "1"
    told = repr((shown.columns, shown.comment)).encode()
    mark = hashlib.md5(told, usedforsecurity=False).hexdigest()
    return f"select {listed} from {quote(Relation(live, shown.name))} as t -- {mark}"  # noqa: S608


def _show_steps(branch: str, live: str, shown: _Shown, text: str) -> list[str]:
    view, function = quote(Relation(branch, shown.name)), _function(branch, shown.name)
    refuse = quote(Relation(find_build_schema(branch), _REFUSE))
    listed = ", ".join(f"{quote_identifier(column)} {kind}" for column, kind, _ in shown.columns)
    returned = f"table ({listed})" if listed else "setof int"
    steps = [
        f"create or replace function {function}() returns {returned} language sql stable"
        f" parallel safe as {quote_literal(text)}",
        f"create view {view} as select {'*' if shown.columns else ''} from {function}()",  # noqa: S608
        f"create trigger {quote_identifier(_REFUSE)} instead of insert or update or delete"
        f" on {view} for each row execute function {refuse}()",
    ]
    note = f"(This is {Relation(live, shown.name)}, which the branch does not change.)"
    said = f"{shown.comment} {note}" if shown.comment else note
    steps.append(f"comment on view {view} is {quote_literal(said)}")
    steps += [
        f"comment on column {view}.{quote_identifier(column)} is {quote_literal(told)}"
        for column, _, told in shown.columns
        if told
    ]
    return steps


def _refuse_sql(branch: str, live: str) -> str:
    what = "%I.%I is a table of the live schema, and cannot be written through a branch"
    way = "To change what it holds, change its script and build the branch again. It is %I.%I."
    told = (
        "begin raise exception using errcode = 'object_not_in_prerequisite_state',"
        f" message = pg_catalog.format({quote_literal(what)}, tg_table_schema, tg_table_name),"
        f" hint = pg_catalog.format({quote_literal(way)}, {quote_literal(live)}, tg_table_name);"
        " end"
    )
    name = quote(Relation(find_build_schema(branch), _REFUSE))
    return (
        f"create or replace function {name}() returns trigger language plpgsql"
        f" as {quote_literal(told)}"
    )
