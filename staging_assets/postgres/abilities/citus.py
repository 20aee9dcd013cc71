"""Citus: Postgres whose tables may be spread over several machines.

A script distributes its table in Citus' own words. This is what the engine has to keep to so that
the rest works as elsewhere, and how it finds out how tables are distributed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from staging_assets.parser import quote_identifier
from staging_assets.postgres.abilities.abilities import Abilities, find_abilities
from staging_assets.postgres.driver import Connection

_SETTINGS = {
    # Reading a shard of this machine directly, and another over a connection, in one transaction
    # is an error ("a local execution has accessed a placement").
    "citus.enable_local_execution": "off",
    # So is a statement over many connections after one that changed a reference table.
    "citus.multi_shard_modify_mode": "sequential",
}
_SETTINGS_OF_12 = {
    # Else the build schema, and all that is made there, would be a tenant of its own.
    "citus.enable_schema_based_sharding": "off",
}

_NOTES = Path(__file__).with_name("citus_notes.sql").read_text(encoding="utf-8")

_DISTRIBUTED = """
set local search_path = pg_catalog, pg_temp;
select c.relname::pg_catalog.text,
    case
        when p.partkey is not null then 'distributed'
        when p.repmodel::pg_catalog.text = 't' then 'a reference table'
        when p.colocationid <> 0 then 'kept on one machine'
    end,
    case when p.partkey is not null then column_to_column_name(p.logicalrelid, p.partkey) end,
    p.colocationid::pg_catalog.text
from pg_dist_partition as p
join pg_catalog.pg_class as c on c.oid = p.logicalrelid::pg_catalog.oid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %(schema)s and c.relname = any (%(tables)s) and not c.relispartition
"""
_RECOVER = """
select case when pg_catalog.has_function_privilege(p.oid, 'execute') then p.proname end
from pg_catalog.pg_proc as p
where p.proname = 'recover_prepared_transactions' and p.pronamespace = 'pg_catalog'::regnamespace
"""


@dataclass(frozen=True)
class Distribution:
    """How a table is spread over the machines of a cluster.

    Args:
        kind: `distributed`, `a reference table`, `kept on one machine`.
        column: by whose values its rows are spread.
        group: what tables that stand beside each other have in common: a number of Citus'; of
            what a script says, the name of the table that it names.
    """

    kind: str
    column: str | None = None
    group: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} by {self.column}" if self.column else self.kind


def citus_abilities(version: str) -> Abilities:
    """What a Citus cluster can do.

    Args:
        version: of the extension, such as `12.1-1`.
    """
    major = int(version.split(".", 1)[0]) if version.split(".", 1)[0].isdigit() else 0
    return Abilities(
        # The text of a message goes to the workers, each of which takes one statement.
        one_statement=True,
        # A table cannot be distributed while it references one that is not.
        stand_ins=False,
        # "Altering a distributed sequence is currently not supported."
        sequence_blocks=False,
        # Workers commit what the coordinator has decided: it must not forget that decision.
        late_commits=False,
        distributes=True,
        settings={**_SETTINGS, **(_SETTINGS_OF_12 if major >= 12 else {})},
        taking_names=frozenset({"colocate_with"}),
    )


def run_recover(connection: Connection) -> None:
    """Let a cluster end the transactions that a crash has left prepared on its machines.

    Citus does it by itself within a minute; a build that comes before would wait for their locks.
    Elsewhere, and where the role may not, nothing is done.

    Args:
        connection: in autocommit mode.
    """
    if not find_abilities(connection).distributes:
        return
    with connection.cursor() as cursor:
        cursor.execute(_RECOVER)
        if cursor.fetchone() == ("recover_prepared_transactions",):
            cursor.execute("select pg_catalog.recover_prepared_transactions()")


def read_distributions(
    connection: Connection, schema: str, tables: Collection[str]
) -> dict[str, Distribution]:
    """Read how tables are distributed; empty where the server distributes nothing.

    Tables that Citus only knows because a reference table is near are local ones.
    """
    if not find_abilities(connection).distributes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_DISTRIBUTED, {"schema": schema, "tables": sorted(tables)})
        return {
            name: Distribution(kind, column, group)
            for name, kind, column, group in cursor.fetchall()
            if kind is not None
        }


def notes_schema_sql(schema: str) -> str:
    """SQL that makes a schema with functions of Citus' names that only note their calls.

    Args:
        schema: its name. First on the search path, they are called in the place of Citus' own.
    """
    return _NOTES.replace("notes.", f"{quote_identifier(schema)}.").replace(
        "create schema notes", f"create schema {quote_identifier(schema)}"
    )


def read_notes(connection: Connection, schema: str) -> Mapping[str, Distribution]:
    """How the tables would be distributed whose scripts called the functions of a notes schema.

    Args:
        connection: in the transaction in which they did.
        schema: that of the notes.

    A table that is called more than once is as the last call leaves it.
    """
    found: dict[str, Distribution] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname::pg_catalog.text, n.kind, n.by_column, w.relname::pg_catalog.text"  # noqa: S608 - quoted
            f" from {quote_identifier(schema)}.calls as n"
            " join pg_catalog.pg_class as c on c.oid = n.on_table"
            " left join pg_catalog.pg_class as w on w.oid = pg_catalog.to_regclass(n.beside)"
            " order by n.number"
        )
        for table, kind, column, beside in cursor.fetchall():
            before = found.pop(table, None)
            if kind == "changed":
                if before is None:
                    continue
                found[table] = Distribution(
                    before.kind, column or before.column, beside or before.group
                )
            elif kind is not None:
                found[table] = Distribution(kind, column, beside)
    return found


def scratch_settings_sql(notes: str) -> str:
    """SQL for a transaction that only looks at what scripts make: nothing goes to the workers."""
    return f"set local citus.enable_ddl_propagation to off; {notes_schema_sql(notes)}"


def noting_path_sql(notes: str, path: str) -> str:
    """SQL that lets the scripts of the transaction call the functions of a notes schema.

    Args:
        notes: that schema.
        path: the search path of scripts, as SQL.
    """
    return f"set local search_path to {quote_identifier(notes)}, pg_catalog, {path};"
