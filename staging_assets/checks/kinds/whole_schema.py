"""Kinds about the whole schema; their names are said here and nowhere else."""

from __future__ import annotations

from psycopg2 import sql

from staging_assets.checks.core.check import Check
from staging_assets.checks.core.probe import CheckedTable, Probe, Values, Verdict
from staging_assets.checks.kinds.kind import CheckKind


class SchemaExists(CheckKind):
    """The schema itself exists."""

    name = "schema_exists"
    words = "The schema exists."
    holds = "the schema is there"
    of_schema = True

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        def judge(values: Values) -> Verdict:
            there = values[0] == "true"
            return Verdict(there, "the schema exists" if there else "the schema does not exist")

        exists = sql.SQL("exists (select from pg_catalog.pg_namespace where nspname = {})")
        return Probe(judge, scalars=(exists.format(sql.Literal(place.schema)),))


class SchemaMatchesScripts(CheckKind):
    """Every table is as its scripts make it: see `checks.schema.drift`."""

    name = "schema_matches_scripts"
    words = "Columns, types, keys and indexes of every table are as its CREATE script says."
    holds = (
        "every table's columns, types, defaults, keys, indexes and triggers are as its CREATE"
        " script says"
    )
    of_schema = late = takes_except = True


class ForeignKeysValid(CheckKind):
    """Every foreign key holds, on paper and in the rows: see `checks.schema.foreign_keys`."""

    name = "foreign_keys_valid"
    words = "Every foreign key is validated, and no row breaks one."
    holds = "every foreign key is validated and enforced, and no row breaks one"
    of_schema = late = takes_except = True


class FunctionsWork(CheckKind):
    """Every function that scripts make could be called: see `checks.bodies`."""

    name = "functions_work"
    words = "The body of every function says what Postgres can do, with names that are there."
    holds = (
        "the body of every function that the scripts make is SQL or PL/pgSQL that Postgres reads,"
        " and the names in it are there, under the path that it runs with"
    )
    of_schema = late = takes_except = True


SCHEMA_EXISTS, DRIFT, FOREIGN_KEYS = SchemaExists(), SchemaMatchesScripts(), ForeignKeysValid()
FUNCTIONS = FunctionsWork()
FUNCTIONS_WORK = FUNCTIONS.name
"""It is looked at whenever scripts of functions are built."""
