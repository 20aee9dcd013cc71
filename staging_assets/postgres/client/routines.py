"""What the routines on a server do with their arguments: which of them are names of relations.

A script may say `select create_hypertable('staging.events', 'at')`. Only the server knows that
the first argument is looked up. It is asked when a script gives such a literal to a routine that
the script does not make itself, and once for each routine.
"""

from __future__ import annotations

from collections.abc import Collection

from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import CatalogRoutine, Naming, find_called, read_catalog_naming
from staging_assets.postgres.abilities.abilities import find_abilities
from staging_assets.postgres.driver import Connection

_MOST_ROUNDS = 4

_ROUTINES = """
select
    n.nspname, p.proname, l.lanname,
    case when n.nspname operator(pg_catalog.=) 'pg_catalog' then ''
        else coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) end,
    p.proargnames,
    p.proargmodes::pg_catalog.text[],
    array(
        select t.typname::pg_catalog.text
        from pg_catalog.unnest(p.proargtypes) with ordinality as a (oid, position)
        join pg_catalog.pg_type as t on t.oid operator(pg_catalog.=) a.oid
        order by a.position
    )
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) p.pronamespace
join pg_catalog.pg_language as l on l.oid operator(pg_catalog.=) p.prolang
where p.proname operator(pg_catalog.=) any (%s::pg_catalog.name[])
"""


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
            cursor.execute(_ROUTINES, (sorted(names),))
            return [
                CatalogRoutine(
                    Relation(self.schemas.in_scripts(schema, self.schema), name),
                    language,
                    source or "",
                    inputs := _find_inputs(parameters, modes, len(types)),
                    tuple(
                        "regclass" if parameter in taking else kind
                        for parameter, kind in zip(inputs, types, strict=True)
                    ),
                )
                for schema, name, language, source, parameters, modes, types in cursor.fetchall()
            ]


def _find_inputs(names: list[str] | None, modes: list[str] | None, count: int) -> tuple[str, ...]:
    """The names of the parameters that a caller gives; empty for those that have none."""
    if names is None:
        return ("",) * count
    modes = modes or ["i"] * len(names)
    return tuple(name for name, mode in zip(names, modes, strict=True) if mode in "ibv")
