"""The functions that scripts have made, as the server has them, and where their bodies stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from staging_assets.model import Relation, SchemaNames, Script, StagingProject
from staging_assets.parser import (
    Block,
    RoutineBody,
    ScriptPlace,
    SentText,
    find_bodies,
    find_place,
    read_block,
)
from staging_assets.postgres import Connection, RoutineRow, read_routine_rows

_MAKES_ROUTINE = re.compile(r"\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.I)
_OF_TRIGGERS: Mapping[str, str | None] = {
    **dict.fromkeys(("new", "old"), None),
    **dict.fromkeys(("tg_name", "tg_relname", "tg_table_name", "tg_table_schema"), "name"),
    **dict.fromkeys(("tg_when", "tg_level", "tg_op", "tg_event", "tg_tag"), "text"),
    "tg_relid": "oid",
    "tg_nargs": "integer",
    "tg_argv": "text[]",
}
_ALWAYS = {"found": "boolean", "sqlstate": "text", "sqlerrm": "text"}

Send = Callable[[Script], SentText]
"""Gives a script as it was sent."""


@dataclass(frozen=True)
class Routine:
    """A function or procedure of the scripts that is in the database.

    Args:
        oid: Postgres' number of it.
        name: its name in the database.
        body: as the script has it, and the server.
        script, sent: that script, and its text as it was sent.
        path: its own `search_path`, as SET has it; None where its caller's holds.
        block: what is planned when it runs; None for SQL, and where that is not plain.
        types: of its parameters, and of other variables that are not declared in it.
    """

    oid: int
    name: Relation
    body: RoutineBody
    script: Script
    sent: SentText
    path: str | None = None
    block: Block | None = None
    types: Mapping[str, str | None] = field(default_factory=dict)

    def find_place(self, offset: int | None) -> ScriptPlace:
        """Where an offset into the body stands in the script; None: where its name does."""
        at = self.body.offset if offset is None else self.body.outside(offset)
        return find_place(self.script, self.sent.source_offset(at))


def find_making_scripts(project: StagingProject) -> dict[str, Script]:
    """The scripts that make functions, by their nodes."""
    scripts = {
        f"{name}": table.create
        for name, table in project.tables.items()
        if _MAKES_ROUTINE.search(table.create.text)
    }
    for node in project.nodes:
        if node.startswith("stored_procedures/"):
            scripts[node] = project.find_scripts(node)["script"]
    return scripts


def read_routines(connection: Connection, scripts: Collection[Script], send: Send) -> list[Routine]:
    """The functions that scripts have made and that are in the database as these say.

    Args:
        connection: in a transaction.
        scripts: that make functions.
        send: gives a script as it was sent.
    """
    bodies: dict[tuple[str, str], tuple[Script, SentText, RoutineBody]] = {}
    for script in scripts:
        sent = send(script)
        for body in find_bodies(sent.text, SchemaNames()):
            bodies[body.name.name, body.text] = (script, sent, body)
    if not bodies:
        return []
    with connection.cursor() as cursor:
        rows = read_routine_rows(cursor, {name for name, _ in bodies})
    found = []
    for row in rows:
        made = bodies.get((row.name, row.source))
        if made is None or made[2].language != row.language or not _is_looked_at(row):
            continue  # another one of that name
        known = dict(_find_variables(row.names or [], row.types, row.result))
        # Where variables win over columns, a function in SQL would find others.
        plain = row.language == "plpgsql" and "use_variable" not in row.source.lower()
        block = read_block(row.source, known) if plain else None
        script, sent, body = made
        name = Relation(row.schema, row.name)
        found.append(Routine(row.oid, name, body, script, sent, row.path, block, known))
    return found


def _is_looked_at(row: RoutineRow) -> bool:
    """Whether its body is text, of a language that is tried, and not Postgres' own."""
    own = row.schema.startswith("pg_")
    return row.language in ("sql", "plpgsql") and row.parsed is None and not own


def _find_variables(
    names: list[str], types: list[str | None], result: str
) -> Iterator[tuple[str, str | None]]:
    """The variables that are there without being declared; parameters first, as `$1` counts."""
    for number, kind in enumerate(types, 1):
        yield (names[number - 1] if number <= len(names) else "") or f"${number}", kind
    if result in ("trigger", "event_trigger"):
        yield from _OF_TRIGGERS.items()
    yield from _ALWAYS.items()
