"""What the routines on a server do with their arguments: which of them are names of relations.

A script may say `select create_hypertable('staging.events', 'at')`. Only the server knows that
the first argument is looked up. It is asked when a script gives such a literal to a routine that
the script does not make itself, and once for each routine.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import CatalogRoutine, Naming, find_called, read_catalog_naming
from staging_assets.postgres.abilities.abilities import find_abilities
from staging_assets.postgres.driver import Connection, Cursor

_MOST_ROUNDS = 4

_ROUTINES = """
select
    p.oid, n.nspname::text, p.proname::text, l.lanname::text, p.prosrc,
    case when n.nspname operator(pg_catalog.<>) 'pg_catalog'
        then pg_catalog.pg_get_function_sqlbody(p.oid) end,
    (
        select pg_catalog.substr(s, 13) from pg_catalog.unnest(p.proconfig) as s
        where s operator(pg_catalog.~~) 'search_path=%%'
    ),
    p.prorettype::pg_catalog.regtype::text,
    p.proargnames,
    p.proargmodes::pg_catalog.text[],
    array(
        select t.typname::pg_catalog.text
        from pg_catalog.unnest(p.proargtypes) with ordinality as a (oid, position)
        join pg_catalog.pg_type as t on t.oid operator(pg_catalog.=) a.oid
        order by a.position
    ),
    array(
        select case when t.typtype operator(pg_catalog.=) 'p' then null
            else pg_catalog.format_type(t.oid, null) end
        from pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[]))
            with ordinality as a (oid, position)
        join pg_catalog.pg_type as t on t.oid operator(pg_catalog.=) a.oid
        order by a.position
    )
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) p.pronamespace
join pg_catalog.pg_language as l on l.oid operator(pg_catalog.=) p.prolang
where p.proname operator(pg_catalog.=) any (%s::pg_catalog.name[])
"""


@dataclass(frozen=True)
class RoutineRow:
    """A function or procedure, as the catalog has it.

    Args:
        oid: Postgres' number of it.
        schema, name, language: what it is called and written in.
        source: its body, where that is text.
        parsed: its body, where that was read when it was made, after `begin atomic` or `return`.
        path: its own `search_path`, as SET has it; None where its caller's holds.
        result: the type of what it gives.
        names, modes: of all parameters, as the catalog has them; None where all are plain.
        inputs: names of the types of those that a caller gives, without their schemas.
        types: types of all parameters, spelt for a statement; None for one that is polymorphic.
    """

    oid: int
    schema: str
    name: str
    language: str
    source: str
    parsed: str | None
    path: str | None
    result: str
    names: list[str] | None
    modes: list[str] | None
    inputs: list[str]
    types: list[str | None]


def read_routine_rows(cursor: Cursor, names: Collection[str]) -> list[RoutineRow]:
    """The routines of these names, in whatever schema.

    Args:
        cursor: of a session, in a transaction or not.
        names: without schemas.
    """
    cursor.execute(_ROUTINES, (sorted(names),))
    return [RoutineRow(*row) for row in cursor.fetchall()]


class ServerRoutines:
    """What has been asked of a server about routines.

    Args:
        schema: the schema that is built.
        schemas: what scripts call it, and the sources'.
    """

    def __init__(self, schema: str, schemas: SchemaNames) -> None:
        self.schema, self.schemas = schema, schemas
        self._asked: set[str] = set()
        self._routines: list[CatalogRoutine] = []
        self._naming = Naming()

    def find(self, connection: Connection, called: Collection[Relation]) -> Naming:
        """What is known of routines, after asking for those that were not asked for before.

        Args:
            connection: in a transaction or not; where one has failed, nothing is asked.
            called: the routines, as the script names them.
        """
        names = {relation.name for relation in called} - self._asked
        new = False
        for _ in range(_MOST_ROUNDS):
            if not names or connection.info.transaction_status == TRANSACTION_STATUS_INERROR:
                break
            found = self._read(connection, names)
            self._asked |= names
            self._routines += found
            new = True
            # A routine that hands a name on to another takes names as that one does.
            names = {relation.name for relation in find_called(found, self.schemas)} - self._asked
        if new:
            self._naming = read_catalog_naming(self._routines, self.schemas)
        return self._naming

    def _read(self, connection: Connection, names: Collection[str]) -> list[CatalogRoutine]:
        taking = find_abilities(connection).taking_names
        with Connection.cursor(connection) as cursor:
            return [
                CatalogRoutine(
                    Relation(self.schemas.in_scripts(row.schema, self.schema), row.name),
                    row.language,
                    "" if row.schema == "pg_catalog" else row.parsed or row.source or "",
                    inputs := _find_inputs(row.names, row.modes, len(row.inputs)),
                    tuple(
                        "regclass" if parameter in taking else kind
                        for parameter, kind in zip(inputs, row.inputs, strict=True)
                    ),
                )
                for row in read_routine_rows(cursor, names)
            ]


def _find_inputs(names: list[str] | None, modes: list[str] | None, count: int) -> tuple[str, ...]:
    """The names of the parameters that a caller gives; empty for those that have none."""
    if names is None:
        return ("",) * count
    modes = modes or ["i"] * len(names)
    return tuple(name for name, mode in zip(names, modes, strict=True) if mode in "ibv")
