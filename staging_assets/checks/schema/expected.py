"""What the scripts make of each table, as Postgres understands them.

Every CREATE script is run in a scratch schema inside a transaction that is rolled back, and after
them what POPULATE scripts change of their table's structure. All names of the scripts go to the
scratch schema, so no live table is locked by it. Where scripts distribute their tables over several
machines, they only say so here: what they call notes it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import psycopg2
from psycopg2 import sql

from staging_assets.checks.core.snapshot import (
    describe_error,
    find_asking,
    raise_unless_ours,
    rolled_back,
    savepoint,
)
from staging_assets.checks.schema.expected_changes import (
    Changes,
    find_hidden_changes,
    find_sql_changes,
    find_structural,
    may_change,
)
from staging_assets.checks.schema.structure import Structure, read_structures
from staging_assets.model import SCHEMA_NODE, Kind, Relation, StagingProject
from staging_assets.parser import (
    LexicalError,
    Rewritten,
    find_users_path,
    postpone_keys,
    replace_spans,
    rewrite,
)
from staging_assets.postgres import (
    Connection,
    find_abilities,
    noting_path_sql,
    read_notes,
    scratch_settings_sql,
)

TABLES_AT_ONCE = 250
"""Every relation that a transaction makes takes a lock, and the server has room for some
thousands of them."""


@dataclass(frozen=True)
class Expected:
    """What the scripts make.

    Args:
        structures: of each table, as its CREATE and POPULATE scripts leave it.
        errors: why a table's scripts could not be run, for people.
        hidden: what may be otherwise, since a POPULATE script changes it by SQL that could not
            be run in advance.
    """

    structures: dict[str, Structure] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, Changes] = field(default_factory=dict)


def read_expected(
    connection: Connection, project: StagingProject, schema: str, tables: Sequence[str]
) -> Expected:
    """Find what the scripts make of some tables.

    Args:
        connection: idle; its transactions are rolled back.
        project: the folder of scripts.
        schema: the live schema, whose routines are asked what names they take.
        tables: their names.
    """
    expected = Expected()
    ask = find_asking(connection, schema, project.schemas)
    distributes = find_abilities(connection).distributes

    for start in range(0, len(tables), TABLES_AT_ONCE):
        chunk = tables[start : start + TABLES_AT_ONCE]
        scratch = f"staging_assets_scratch_{uuid.uuid4().hex[:12]}"
        notes = f"{scratch}_notes"

        def send(text: str, scratch: str = scratch) -> str:
            return rewrite(text, project.schemas, schema=scratch, ask=ask, kept=schema).text

        scripts = [
            (node, send(text)) for node, text in _find_scripts(project, find_needed(project, chunk))
        ]
        scripts = _postpone_keys(project, scripts, scratch)
        changes = {
            name: ";\n".join(map(send, statements))
            for name, statements in _find_changes(project, chunk, expected.hidden)
        }
        with rolled_back(connection), connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "set local check_function_bodies = off;"
                    " set local client_min_messages = error;"
                    " create schema {}"
                ).format(sql.Identifier(scratch))
            )
            path = find_users_path(project.schemas, scratch)
            lead = f"set local search_path to {path};"
            if distributes:
                cursor.execute(scratch_settings_sql(notes))
                lead = noting_path_sql(notes, path)
            failed = _run_scripts(connection, scripts, lead)
            for name in _run_scripts(connection, list(changes.items()), lead):
                populate = project.tables[name].populate
                assert populate is not None
                _add(expected.hidden, name, find_sql_changes(populate.text))
            found = read_structures(connection, scratch, chunk)
            noted = read_notes(connection, notes) if distributes else {}
        expected.errors.update((name, failed[name]) for name in chunk if name in failed)
        expected.structures.update(
            (name, replace(structure, distribution=noted.get(name)))
            for name, structure in found.items()
            if name not in failed
        )
    return expected


def _find_changes(
    project: StagingProject, tables: Collection[str], hidden: dict[str, Changes]
) -> Iterator[tuple[str, list[str]]]:
    """Table and what its POPULATE script changes of it; what cannot be run goes to `hidden`."""
    owners = {own: table.name for table in project.tables.values() for own in table.own}
    for name, text in _find_common_texts(project):
        _add(hidden, name, find_sql_changes(text))
    for name in tables:
        table = project.tables[name]
        if table.populate is None:
            continue
        text = table.populate.text
        routines = _find_routines(project, text)
        if not may_change(text) and not routines:
            continue
        try:
            structural = find_structural(text, project.schemas, table.own)
            _add(hidden, name, find_hidden_changes(text, project.schemas))
            for other, each in owners.items():
                if each != name and other in text:
                    # It is there only when this script ran after the other table's last build.
                    for statement in find_structural(text, project.schemas, {other}):
                        _add(hidden, each, find_sql_changes(statement))
        except LexicalError:
            _add(hidden, name, find_sql_changes(text))
            continue
        for routine in routines:
            _add(hidden, name, find_sql_changes(routine))
        if structural:
            yield name, structural


def _find_common_texts(project: StagingProject) -> Iterator[tuple[str, str]]:
    """Table and what files say of several tables at once, with the routines that this names."""
    for circle in project.circles:
        for script in circle.commons:
            for text in (script.text, *_find_routines(project, script.text)):
                yield from ((name, text) for name in circle.tables)


def _add(hidden: dict[str, Changes], name: str, changes: Changes) -> None:
    hidden[name] = hidden.get(name, Changes()) | changes


def _find_routines(project: StagingProject, text: str) -> list[str]:
    """The texts of the stored procedures whose names are in a script, and in each other."""
    texts, waiting = [], [text]
    rest = dict(project.procedures)
    while waiting:
        text = waiting.pop().lower()
        for name, procedures in list(rest.items()):
            if any(function.name.lower() in text for function in procedures.functions):
                del rest[name]
                texts.append(procedures.script.text)
                waiting.append(procedures.script.text)
    return texts


def find_needed(project: StagingProject, tables: Sequence[str]) -> frozenset[str]:
    """The tables and all that their CREATE scripts stand on."""
    needed: set[str] = set()
    waiting = list(tables)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        if name in project.circle_of:
            waiting += project.circle_of[name].tables
        if name in project.tables:
            table = project.tables[name]
            text = table.create.text.lower()
            waiting += [
                other
                for other in project.dependencies[name]
                if other in table.foreign_keys
                or other not in project.tables
                or other.lower() in text
            ]
        else:
            waiting += project.dependencies.get(name, ())
    return frozenset(needed)


def _find_scripts(project: StagingProject, needed: Collection[str]) -> Iterator[tuple[str, str]]:
    """Node and text of each script that makes something, in an order that works."""
    for node in project.nodes:
        if node not in needed or node == SCHEMA_NODE:
            continue
        if node in project.tables:
            yield node, project.tables[node].create.without_rows
        elif project.kind(node) is Kind.PROCEDURES:
            yield node, project.procedures[project.node(node).name].script.without_rows


def _postpone_keys(
    project: StagingProject, scripts: Sequence[tuple[str, str]], scratch: str
) -> list[tuple[str, str]]:
    """Let foreign keys to tables that come later in their circle wait for these.

    Args:
        scripts: node and text as it is sent.
        scratch: the schema where they make their tables.
    """
    found: list[tuple[str, str]] = []
    waiting: list[tuple[str, str]] = []
    for node, text in scripts:
        circle = project.circle_of[node].tables if node in project.circle_of else ()
        ahead = circle[circle.index(node) + 1 :] if circle else ()
        later = {Relation(scratch, name) for name in ahead}
        keys = postpone_keys(text, later, bare=node in project.tables and project.tables[node].bare)
        found.append((node, replace_spans(Rewritten(text), keys.spans).text))
        waiting += [(node, statement.text) for statement in keys.statements]
        if circle and not ahead:
            found += waiting
            waiting = []
    return found


def _run_scripts(
    connection: Connection, scripts: Sequence[tuple[str, str]], lead: str
) -> Mapping[str, str]:
    """Run all scripts in one round trip; where that fails, one by one. Returns what failed.

    Args:
        lead: what is sent before each: their path.
    """
    if not scripts:
        return {}
    try:
        with savepoint(connection), connection.cursor() as cursor:
            cursor.execute("\n;\n".join(f"{lead}{text}" for _, text in scripts))
        return {}
    except psycopg2.Error as error:
        raise_unless_ours(connection, error)
    failed = {}
    for node, text in scripts:
        try:
            with savepoint(connection), connection.cursor() as cursor:
                cursor.execute(lead + text)
        except psycopg2.Error as error:
            raise_unless_ours(connection, error)
            failed[node] = describe_error(error, text)
    return failed
