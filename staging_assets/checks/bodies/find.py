"""What is wrong with the bodies of the functions that scripts make, told in their own lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from staging_assets.checks.bodies.judge import Judge
from staging_assets.checks.bodies.routines import Send, find_making_scripts, read_routines
from staging_assets.checks.bodies.trials import Failure, find_failures, is_right
from staging_assets.checks.core.snapshot import describe_error
from staging_assets.model import Relation, Script, StagingProject
from staging_assets.parser import ScriptPlace, find_paths, find_users_path, quote_name
from staging_assets.postgres import Connection, find_meant


@dataclass(frozen=True)
class BodyFault:
    """What is wrong with one function.

    Args:
        place: in the script that makes it.
        routine: its name, as scripts have it.
        what: what is wrong, without a full stop.
        todo: what may be meant; empty when nobody can tell.
        certain: whether it cannot work; else it may once something of others is there.
    """

    place: ScriptPlace
    routine: str
    what: str
    todo: str = ""
    certain: bool = True

    def __str__(self) -> str:
        verb = "cannot work" if self.certain else "cannot work yet"
        text = f"{self.place}: function {self.routine} {verb}: {self.what}."
        return f"{text} {self.todo}" if self.todo else text


@dataclass(frozen=True)
class BodyFaults:
    """What was found: how many functions were read, and what is wrong."""

    count: int = 0
    faults: tuple[BodyFault, ...] = ()


def find_body_faults(
    connection: Connection,
    project: StagingProject,
    schema: str,
    send: Send,
    *,
    place: str,
    built: Collection[str] | None = None,
) -> BodyFaults:
    """Find functions of the scripts that cannot work as they are.

    Args:
        connection: in a transaction that is rolled back.
        project: the folder of scripts.
        schema: where its functions are.
        send: gives a script as it was sent there.
        place: a schema in which functions may be made for the moment.
        built: the nodes that this run has built: functions that have nothing to do with any of
            them are not looked at; None is all functions.
    """
    scripts = [
        script
        for node, script in find_making_scripts(project).items()
        if built is None or node in built or _names_any(script, built)
    ]
    if not scripts:
        return BodyFaults()
    with connection.cursor() as cursor:
        cursor.execute("set local search_path to pg_catalog, pg_temp")
    routines = read_routines(connection, scripts, send)
    with connection.cursor() as cursor:
        cursor.execute("set local check_function_bodies to on; set local lock_timeout to '1s'")
    path = find_users_path(project.schemas, schema)
    failures = find_failures(connection, routines, path, place)
    if not failures:
        return BodyFaults(len(routines))
    judge = Judge(project, schema, built, {each.name.name for each in routines})
    told = []
    for failure in failures:
        certain = judge.judge(failure)
        if certain is None or _works_elsewhere(connection, project, schema, place, failure):
            continue
        told.append(_tell(connection, project, schema, failure, certain))
    return BodyFaults(len(routines), tuple(told))


def _names_any(script: Script, nodes: Collection[str]) -> bool:
    text = script.text.lower()
    return any(node.lower() in text for node in nodes)


def _works_elsewhere(
    connection: Connection, project: StagingProject, schema: str, place: str, failure: Failure
) -> bool:
    """Whether it works under a path that some script sets: whoever calls it may have that."""
    if failure.routine.path is not None:
        return False
    return any(is_right(connection, failure, path, place) for path in _find_paths(project, schema))


def _find_paths(project: StagingProject, schema: str) -> Iterator[str]:
    schemas = project.schemas
    paths = {schemas.path}
    for node in project.nodes:
        for script in project.find_scripts(node).values():
            if "search_path" in script.text.lower() or "schema" in script.text.lower():
                paths |= find_paths(script.text, schemas)
    for path in sorted(paths - {schemas.path, ()}):
        yield ", ".join(quote_name(schemas.in_database(name, schema)) for name in path)


def _tell(
    connection: Connection, project: StagingProject, schema: str, failure: Failure, certain: bool
) -> BodyFault:
    diag, routine = failure.error.diag, failure.routine
    code = failure.error.pgcode or ""

    def ask(query: str) -> Sequence[tuple[object, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    hint = diag.message_hint or ""
    said = diag.message_primary or ""
    todo = hint if hint.startswith("Perhaps") else ""
    meant = find_meant(
        ask,
        said,
        code,
        schema=schema,
        schemas=project.schemas,
        made=project.find_made(functions=code == "42883"),
        text=routine.body.text,
    )
    todo = todo or meant.sentence
    name = routine.name
    shown = project.schemas.in_scripts(name.schema, schema)
    return BodyFault(
        routine.find_place(failure.offset),
        str(Relation(shown, name.name)),
        describe_error(failure.error, routine.body.text).removesuffix(f" ({code})"),
        todo,
        certain,
    )
