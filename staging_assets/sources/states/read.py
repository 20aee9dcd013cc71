"""Read the states of all sources of a run, in a number of queries that does not grow with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from staging_assets.model import Relation, SourceRule, StagingProject, find_rule
from staging_assets.parser import quote
from staging_assets.postgres import Connection
from staging_assets.sources.states.exact import read_exact
from staging_assets.sources.states.loads import read_loads
from staging_assets.sources.states.server import Counting, read_counting

State = Any
"""What JSON can hold. A dict with `always` and a reason never compares equal."""

_COUNTERS = Path(__file__).with_name("counters.sql").read_text(encoding="utf-8")
_ROUTINES = Path(__file__).with_name("routines.sql").read_text(encoding="utf-8")

_CLOCK = ["now", "transaction_timestamp", "statement_timestamp"]
"""Functions of Postgres that are stable within a statement, and go with the time all the same."""

_HARMLESS = [
    *("nextval", "setval", "currval", "lastval", "setseed", "set_config", "pg_notify"),
    *("pg_sleep", "pg_sleep_for", "pg_sleep_until", "pg_advisory_lock", "pg_advisory_xact_lock"),
    *("pg_advisory_lock_shared", "pg_advisory_xact_lock_shared", "pg_advisory_unlock"),
    *("pg_advisory_unlock_shared", "pg_try_advisory_lock", "pg_try_advisory_xact_lock"),
]
"""Volatile functions of Postgres that bring in nothing from outside."""


@dataclass(frozen=True)
class _Leaf:
    """A table that rows of a source come from, as the catalog and the counters have it."""

    oid: int
    kind: str
    filenode: int
    inserted: int
    updated: int
    deleted: int
    columns: str
    always: str | None


def read_states(
    connection: Connection,
    project: StagingProject,
    schema: str,
    nodes: Iterable[str],
    *,
    marks: bool = False,
) -> dict[str, dict[str, State]]:
    """Read the state of everything from outside that some nodes are made of.

    Args:
        connection: in autocommit mode, before anything is read for a build.
        project: the folder of scripts.
        schema: the schema that is built.
        nodes: whose sources.
        marks: whether the run may leave the mark of `read_counting`.

    Returns node to the name of a source or function to its state. Raises BuildError when what
    staging.yaml declares cannot be asked.
    """
    contents = {node: project.contents[node] for node in nodes if node in project.contents}
    relations = {r for content in contents.values() for r in content.sources}
    calls = {r for content in contents.values() for r in content.calls}
    counting = read_counting(connection, schema, marks=marks)
    found = _read_relations(connection, project, schema, relations, counting)
    found |= _read_routines(connection, project, schema, calls)
    states: dict[str, dict[str, State]] = {}
    for node, content in contents.items():
        own = {name_source(relation): found[name_source(relation)] for relation in content.sources}
        called = (name_routine(relation) for relation in content.calls)
        said = {name: found[name] for name in called if name in found}
        said |= {"itself": {"always": content.unsteady[0]}} if content.unsteady else {}
        states[node] = own | _heed_rule(project, node, said)
    return states


def read_source_states(
    connection: Connection, project: StagingProject, schema: str
) -> dict[Relation, State]:
    """Read the state of every relation that some node reads and nothing here makes.

    Args:
        connection: in autocommit mode.
        schema: the schema that is built.
    """
    states = read_states(connection, project, schema, project.contents)
    return {
        relation: states[node][name_source(relation)]
        for node, content in project.contents.items()
        for relation in content.sources
    }


def name_source(relation: Relation) -> str:
    """The name of a source in states and for people."""
    return str(relation)


def name_routine(relation: Relation) -> str:
    """The name of a function in states and for people."""
    return f"{relation.name if not relation.schema else relation}()"


def _heed_rule(project: StagingProject, node: str, said: dict[str, State]) -> dict[str, State]:
    """What the text of a node says of the outside, unless it is declared to be otherwise."""
    rule = find_rule(project.config.sources, project.schemas.own(node))
    if rule is not None and rule.mode == "always":
        return {**said, "itself": {"always": f"declared in {rule.place}"}}
    if rule is not None and rule.mode == "never":
        return {name: state for name, state in said.items() if not _is_always(state)}
    return said


def _is_always(state: State) -> bool:
    return isinstance(state, dict) and "always" in state


def _read_relations(
    connection: Connection,
    project: StagingProject,
    schema: str,
    relations: Iterable[Relation],
    counting: Counting,
) -> dict[str, State]:
    real = {name_source(each): project.schemas.find_real(each, schema) for each in relations}
    rules = {name_source(each): find_rule(project.config.sources, each) for each in relations}
    if not real:
        return {}
    leaves = _read_leaves(connection, real)
    loads = read_loads(connection, {r.schema for r in real.values()})
    exact: dict[str, tuple[SourceRule, Relation]] = {}
    found: dict[str, State] = {}
    for key, relation in real.items():
        rule, of_key = rules[key], leaves[key]
        if not of_key:
            found[key] = None  # it is missing
        elif rule is None or rule.mode == "counters":
            found[key] = _find_state(of_key, counting, loads)
        elif rule.mode in ("watermark", "hash"):
            exact[key] = (rule, relation)
        elif rule.mode == "always":
            found[key] = {"always": f"declared in {rule.place}"}
        else:
            found[key] = "never"
    return found | read_exact(connection, exact)


def _find_state(
    leaves: list[_Leaf], counting: Counting, loads: Mapping[tuple[int, int], tuple[str, int]]
) -> State:
    always = next((leaf.always for leaf in leaves if leaf.always), counting.always)
    if always:
        return {"always": always}
    tables: list[list[Any]] = []
    for leaf in leaves:
        load = loads.get((leaf.oid, leaf.filenode))
        if load is None:
            named: list[Any] = [leaf.oid, leaf.filenode, leaf.inserted]
        else:
            # What the load wrote itself may not have been counted yet.
            named = ["loaded", load[0], max(0, leaf.inserted - load[1])]
        tables.append([*named, leaf.updated, leaf.deleted, leaf.columns])
    return {"since": counting.since, "tables": tables}


def _read_leaves(connection: Connection, real: Mapping[str, Relation]) -> dict[str, list[_Leaf]]:
    arguments = {
        "keys": list(real),
        "names": [quote(relation) for relation in real.values()],
        "clock": _CLOCK,
        "harmless": _HARMLESS,
    }
    found: dict[str, list[_Leaf]] = {key: [] for key in real}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS, arguments)
        for key, *rest in cursor.fetchall():
            if rest[0] is not None:
                found[key].append(_Leaf(*rest))
    return found


def _read_routines(
    connection: Connection, project: StagingProject, schema: str, calls: Iterable[Relation]
) -> dict[str, State]:
    wanted = sorted(calls)
    if not wanted:
        return {}
    arguments = {
        "keys": [name_routine(each) for each in wanted],
        "schemas": [project.schemas.in_database(each.schema, schema) for each in wanted],
        "names": [each.name for each in wanted],
        "clock": _CLOCK,
        "harmless": _HARMLESS,
    }
    found: dict[str, State] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ROUTINES, arguments)
        for key, changing, definition in cursor.fetchall():
            if changing:
                found[key] = {"always": f"it calls {key}"}
            elif definition is not None:
                found[key] = definition
    return found
