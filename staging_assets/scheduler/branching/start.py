"""Begin a branch: find what it builds, refuse what it must not write, and show the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import psycopg2

from staging_assets.builder import (
    Build,
    read_history,
    run_copy_sequences,
    run_show_live,
    run_take_down,
)
from staging_assets.errors import BuildError
from staging_assets.model import Kind, StagingProject, list_some
from staging_assets.parser import LexicalError, read_statements
from staging_assets.postgres import (
    Branch,
    Connection,
    find_abilities,
    find_build_schema,
    find_safe_text,
    forget_branch_sql,
    has_schema,
    read_branch,
    run_note_branch,
)
from staging_assets.scheduler.branching.differing import find_differing
from staging_assets.scheduler.branching.refused import check_writes
from staging_assets.scheduler.planning.reasons import Reason

_NAMES = """
select c.relname::text, c.relkind::text from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %(live)s and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
union all
select t.typname::text, 't' from pg_type as t
join pg_namespace as n on n.oid = t.typnamespace
where n.nspname = %(live)s and t.typtype in ('e', 'd', 'r')
"""


_HELD = """
select c.relname::text from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %(schema)s and c.relname = any (%(names)s)
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by 1
"""


@dataclass(frozen=True)
class BranchStart:
    """What a branch is going to be.

    Args:
        project: the folder of scripts, whose `schemas` lead to the live schema where it is meant.
        differing: the nodes that are the branch's own, and why.
        history: the last build of every node that is not, in the live schema.
        shown: names of relations that are shown as views.
        own: names of all that the branch makes itself.
    """

    project: StagingProject
    differing: Mapping[str, tuple[Reason, ...]]
    history: Mapping[str, Build]
    shown: frozenset[str] = frozenset()
    own: frozenset[str] = field(default_factory=frozenset)


def read_start(
    connection: Connection, project: StagingProject, schema: str, live: str
) -> BranchStart:
    """Find out what a branch builds. Nothing is changed.

    Args:
        connection: in autocommit mode, with our own path.
        schema: the branch.
        live: the schema that it differs from.

    Raises BuildError when there is nothing to branch from, or a script of the branch would write
    what is the live schema's.
    """
    reason = ""
    try:
        _check_live(connection, schema, live)
        _check_schema(connection, project, schema, live)
        history = read_history(connection, live)
        with connection.cursor() as cursor:
            cursor.execute(_NAMES, {"live": live})
            there: dict[str, str] = dict(cursor.fetchall())
    except psycopg2.Error as error:
        reason = find_safe_text(error)
    if reason:
        raise BuildError(
            f"{live}: {reason}. Who builds a branch must be able to read the live schema, and"
            f" {find_build_schema(live)}."
        )
    differing = find_differing(project, live, history, there)
    own = _find_made(project, differing)
    lives = frozenset(there) - own
    schemas = replace(project.schemas, live=live, lives=lives)
    project = replace(project, schemas=schemas)
    check_writes(project, schema, differing)
    made = {name for t in project.tables.values() for name in (t.name, *t.own)}
    return BranchStart(
        project=project,
        differing=differing,
        history={node: build for node, build in history.items() if node not in differing},
        shown=frozenset(made & lives),
        own=own,
    )


def run_start(connection: Connection, start: BranchStart, schema: str) -> None:
    """Note what the branch is, and show in it what is the live schema's.

    Args:
        connection: in autocommit mode; the schema exists, and its build schema with its records.
        schema: the branch.
    """
    project = start.project
    live = project.schemas.live
    texts = [
        script.text for node in start.differing for script in project.find_scripts(node).values()
    ]
    views = frozenset(project.tables) - start.differing.keys()
    branch = Branch(
        schema, live, built=frozenset(start.differing), views=views, lives=project.schemas.lives
    )
    before = read_branch(connection, schema)
    if before is not None:
        branch = replace(branch, sequences=before.sequences)
    run_note_branch(connection, branch)
    sequences = run_copy_sequences(connection, schema, live, start.own, texts)
    run_note_branch(connection, replace(branch, sequences=branch.sequences | sequences))
    run_show_live(connection, schema, live, start.shown, start.own)


def run_make_whole(
    connection: Connection, project: StagingProject, schema: str, nodes: Collection[str]
) -> None:
    """Make a branch that is built completely a schema that is none; any other stays as it is.

    Args:
        connection: in autocommit mode.
        schema: what is built.
        nodes: those of the run.

    Raises BuildError when only a part of a branch would be built as if it were none.
    """
    branch = read_branch(connection, schema)
    if branch is None:
        return
    if branch.kept is not None:
        raise BuildError(
            f"{schema}: it holds the tables that a promotion has put aside. Name another schema."
        )
    missing = [node for node in project.tables if node not in nodes]
    if missing:
        raise BuildError(
            f"{schema}: it is a branch of {branch.live}, and only a part of it would be built."
            f" Say so (changed_from: {branch.live}, --changed-from {branch.live}), or build all of"
            " it: then it is a whole candidate."
        )
    run_take_down(connection, schema, branch.sequences)
    with connection.cursor() as cursor:
        cursor.execute(forget_branch_sql(schema))


def _check_live(connection: Connection, schema: str, live: str) -> None:
    if live == schema:
        raise BuildError(
            f"{schema}: it cannot be a branch of itself. Name the branch with --schema, such as"
            f" --schema {schema}_next, and the schema that it differs from with --changed-from."
        )
    if not has_schema(connection, live):
        raise BuildError(
            f"{live}: there is no such schema for {schema} to be a branch of. Build it first, or"
            f" leave out changed_from: then {schema} is built completely."
        )
    if read_branch(connection, live) is not None:
        raise BuildError(
            f"{live}: it is a branch itself. Name the live schema, or build {live} completely."
        )
    if not find_abilities(connection).stand_ins:
        raise BuildError(
            f"{schema}: on this server foreign keys cannot be left out while a table is made, which"
            f" a branch needs. Leave out changed_from: then {schema} is built completely."
        )


def _check_schema(connection: Connection, project: StagingProject, schema: str, live: str) -> None:
    """Refuse to make a branch of a schema that holds tables: they would have to go."""
    branch = read_branch(connection, schema)
    if branch is not None and branch.kept is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"schema": schema, "names": list(project.tables)})
        held = [name for (name,) in cursor.fetchall()]
    if held:
        raise BuildError(
            f"{schema}: it is no branch, and holds {list_some(held)}. In a branch of {live} most of"
            f" them would be dropped. Name another schema, or drop {schema} if nobody needs it."
        )


def _find_made(project: StagingProject, nodes: Collection[str]) -> frozenset[str]:
    """The names of all that some nodes make in the schema."""
    made = {name for node in nodes if node in project.tables for name in project.tables[node].own}
    for node in nodes:
        made.add(node)
        if project.kind(node) is not Kind.PROCEDURES:
            continue
        text = project.procedures[project.node(node).name].script.text
        try:
            statements = read_statements(text, project.schemas)
        except LexicalError:
            continue
        made |= {
            use.relation.name
            for statement in statements
            for use in statement.uses
            if use.role == "create" and use.relation.schema == project.schemas.staging
        }
    return frozenset(made)
