"""All that a server has against the scripts of a folder, found without building anything.

Everything is made empty in a scratch schema, inside transactions that are rolled back. What reads
is planned against that and against the sources as they are, and gives its locks back at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from psycopg2 import sql

from staging_assets.checks.bodies.find import find_body_faults
from staging_assets.checks.core.snapshot import find_asking, rolled_back
from staging_assets.checks.schema.expected import find_needed
from staging_assets.checks.schema.expected_changes import find_structural
from staging_assets.checks.scripts.declared import try_checks, try_lookup
from staging_assets.checks.scripts.trial import Trial
from staging_assets.errors import Problem
from staging_assets.model import (
    SCHEMA_NODE,
    Kind,
    Relation,
    Script,
    StagingProject,
    Table,
    list_some,
)
from staging_assets.parser import (
    SentText,
    find_referenced,
    find_users_path,
    postpone_keys,
    replace_spans,
    rewrite,
)
from staging_assets.postgres import (
    Connection,
    find_abilities,
    noting_path_sql,
    scratch_settings_sql,
)

TABLES_AT_ONCE = 150
"""With what they stand on; every relation that a transaction makes takes a lock."""

_BEGIN = """
set local check_function_bodies to off; set local client_min_messages to error;
set local lock_timeout to '500ms'; set local statement_timeout to '10s'; create schema {}
"""

Send = Callable[[Script], SentText]


@dataclass(frozen=True)
class ScriptFaults:
    """What was found.

    Args:
        problems: what is wrong, by its place.
        warnings: what may work later, and what could not be looked at, as lines for people.
    """

    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Fixed:
    """A statement that was taken out of a script, all of which is told at one place."""

    text: str
    place: int

    def source_offset(self, offset: int) -> int:
        """The place, whatever the offset."""
        return self.place


def find_script_faults(
    connection: Connection, project: StagingProject, schema: str
) -> ScriptFaults:
    """Let a server read every script, as a build would send it.

    Args:
        connection: idle; its transactions are rolled back.
        project: the folder of scripts.
        schema: the schema that would be built; nothing in it is looked at.
    """
    problems: dict[Problem, None] = {}
    warnings: dict[str, None] = {}
    tables = list(project.tables)
    for start in range(0, len(tables) or 1, TABLES_AT_ONCE):
        chunk = tables[start : start + TABLES_AT_ONCE]
        found = _try_chunk(connection, project, schema, chunk)
        problems |= dict.fromkeys(found.problems)
        warnings |= dict.fromkeys(found.warnings)
    return ScriptFaults(tuple(sorted(problems)), tuple(warnings))


def _try_chunk(
    connection: Connection, project: StagingProject, schema: str, chunk: Sequence[str]
) -> ScriptFaults:
    scratch = f"staging_assets_scratch_{uuid.uuid4().hex[:12]}"
    ask = find_asking(connection, schema, project.schemas)

    def send(script: Script) -> SentText:
        return rewrite(script.without_rows, project.schemas, schema=scratch, ask=ask)

    distributes = find_abilities(connection).distributes
    path = find_users_path(project.schemas, scratch)
    lead = f"set local search_path to {path}"
    read = {each for name in chunk for each in project.dependencies[name]}
    procedures = [node for node in project.nodes if project.kind(node) is Kind.PROCEDURES]
    needed = find_needed(project, [*chunk, *(read & set(project.nodes)), *procedures])
    with rolled_back(connection):
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(_BEGIN).format(sql.Identifier(scratch)))
            if distributes:
                notes = f"{scratch}_notes"
                cursor.execute(scratch_settings_sql(notes))
                lead = noting_path_sql(notes, path)
        trial = Trial(connection, project, scratch, lead)
        _try_creates(trial, send, needed)
        for circle in project.circles:
            for script in circle.commons if not set(chunk).isdisjoint(circle.tables) else ():
                trial.run(script, send(script), stays=False)
        for name in project.nodes:
            if name in project.tables and name in needed:
                _try_filling(trial, send, project.tables[name], told=name in chunk)
        nodes = frozenset(project.nodes)
        checks = [each for each in project.config.checks if each.table in nodes]
        try_checks(trial, [each for each in checks if project.node(each.table).name in chunk])
        faults = find_body_faults(connection, project, scratch, send, place=scratch)
        warnings = []
        for fault in faults.faults:
            what = fault.what.replace(scratch, project.schemas.staging)
            if fault.certain:
                place = fault.place
                trial.add(
                    place.script.label,
                    place.line,
                    place.column,
                    f"function {fault.routine} cannot work: {what}",
                    fault.todo or "Correct its body",
                )
            else:
                warnings.append(str(fault).replace(scratch, project.schemas.staging))
    busy = [
        f"{label}: not all of it could be planned in time: something else holds what it reads. "
        "Try again."
        for label in sorted(trial.busy)
    ]
    waiting = [
        f"schema {name}: there is nothing in it, so that what reads it could not be planned: "
        f"{list_some(sorted(labels), 3)}. Load the sources first."
        for name, labels in sorted(trial.waiting.items())
    ]
    return ScriptFaults(tuple(trial.problems), (*warnings, *waiting, *busy))


def _try_creates(trial: Trial, send: Send, needed: Collection[str]) -> None:
    """Make all that scripts make, in an order that works."""
    project = trial.project
    waiting: list[tuple[Script, SentText]] = []
    for node in project.nodes:
        if node not in needed or node == SCHEMA_NODE or project.kind(node) is Kind.CLEANUP:
            continue
        if node not in project.tables:
            script = project.find_scripts(node)["script"]
            trial.run(script, send(script), stays=True)
            continue
        table = project.tables[node]
        circle = project.circle_of[node].tables if node in project.circle_of else ()
        later = circle[circle.index(node) + 1 :] if circle else ()
        ahead = {Relation(trial.scratch, name) for name in later}
        sent = send(table.create)
        outside = {
            each.relation
            for each in find_referenced(sent.text)
            if each.relation.schema != trial.scratch
        }
        sent = _set_aside(trial, table, sent, outside, waiting=None)
        sent = _set_aside(trial, table, sent, ahead, waiting=waiting)
        trial.run(table.create, sent, stays=True)
        for script, statement in _find_outside(trial, table, send(table.create), outside):
            trial.run(script, statement, stays=False)
        if circle and not ahead:
            for script, statement in waiting:
                trial.run(script, statement, stays=True)
            waiting.clear()


def _set_aside(
    trial: Trial,
    table: Table,
    sent: SentText,
    targets: Collection[Relation],
    *,
    waiting: list[tuple[Script, SentText]] | None,
) -> SentText:
    """Take foreign keys out of a CREATE script; those that are to be made later go to `waiting`."""
    keys = postpone_keys(sent.text, targets, bare=table.bare)
    if waiting is not None:
        for each in keys.statements:
            at = sent.source_offset(each.offset)
            waiting.append((table.create, _Fixed(each.text, at)))
    return replace_spans(sent, keys.spans)


def _find_outside(
    trial: Trial, table: Table, sent: SentText, targets: Collection[Relation]
) -> Iterator[tuple[Script, SentText]]:
    """The foreign keys to tables of other schemas: these are locked while one is there."""
    for each in postpone_keys(sent.text, targets, bare=table.bare).statements:
        yield table.create, _Fixed(each.text, sent.source_offset(each.offset))


def _try_filling(trial: Trial, send: Send, table: Table, *, told: bool) -> None:
    """Plan what fills a table; what that changes of its structure is there for later scripts."""
    if table.lookup is not None and told:
        try_lookup(trial, table)
    if table.populate is None:
        return
    sent = send(table.populate)
    if told:
        trial.run(table.populate, sent, stays=False)
    changes = find_structural(table.populate.text, trial.project.schemas, table.own)
    for text in changes:
        trial.change(rewrite(text, trial.project.schemas, schema=trial.scratch).text)
