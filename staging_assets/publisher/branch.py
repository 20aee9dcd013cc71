"""Put the tables of a branch in the place of the live ones, together, and take them back.

A branch holds only what differs from the live schema, so only that changes places: in one
transaction, by the same steps as when a table is published. The old tables are kept in
`<live>__previous`, which is then a branch itself, of the tables that were live: a rollback
promotes that.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Sequence

from staging_assets.errors import BuildError
from staging_assets.model import Kind, Relation, StagingProject
from staging_assets.parser import quote
from staging_assets.postgres import Branch, Connection, Cursor, Log, Server, find_build_schema
from staging_assets.publisher.branch_exchange import BranchExchange, ObstructedError
from staging_assets.publisher.branch_obstacles import find_obstacles, find_standing
from staging_assets.publisher.owed_keys import run_validate
from staging_assets.publisher.promotion.branch_state import (
    find_exchanged,
    find_outdated,
    read_recorded,
)
from staging_assets.publisher.promotion.previous import find_previous
from staging_assets.publisher.promotion.promotable import LONGEST_NAME
from staging_assets.publisher.promotion.releases import Author, Release, read_rows
from staging_assets.publisher.request import PublishRequest
from staging_assets.publisher.retired import run_briefly
from staging_assets.publisher.table import run_publish
from staging_assets.publisher.transaction.autocommit import in_autocommit
from staging_assets.publisher.transaction.brief_locks import HeldError, LockBusyError
from staging_assets.publisher.transaction.steps import StepError, describe

_COMING = "__coming"

# Not the views that show what is the live schema's: they read through functions of the branch.
_NAMES = """
select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %(schema)s and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
and not exists (
    select from pg_rewrite w
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
        and d.refclassid = 'pg_proc'::regclass
    join pg_proc p on p.oid = d.refobjid
    join pg_namespace b on b.oid = p.pronamespace and b.nspname = %(build)s
    where w.ev_class = c.oid
)
union
select t.typname::text from pg_type t join pg_namespace n on n.oid = t.typnamespace
where n.nspname = %(schema)s and t.typtype in ('e', 'd', 'r')
"""


def run_exchange_branch(
    connection: Connection,
    server: Server,
    project: StagingProject,
    branch: Branch,
    *,
    action: str,
    keep: int,
    author: Author,
    log: Log,
) -> Release:
    """Let the tables of a branch take the places of the live ones; drop what is left of it.

    Args:
        connection: of the run that holds both schemas.
        server: where they are.
        project: the folder of scripts; not looked at when old tables come back.
        branch: what comes.
        action: `promote` or `rollback`.
        keep: how many schemas that were live before are kept; 0 when the two only change places.
        author: on whose behalf.
        log: level and message.

    Raises BuildError that names everything which is in the way; nothing is changed then.
    """
    live, source = branch.live, branch.schema
    recorded, own = read_recorded(connection, live), read_recorded(connection, source)
    outdated = find_outdated(branch, recorded, own)
    nodes = find_exchanged(project, branch, recorded, own)
    with connection.cursor() as cursor:
        names = _find_names(cursor, branch)
    away = find_previous(live)
    exchange = BranchExchange(
        live=live,
        branch=branch,
        incoming=_find_between(live, source),
        away=away,
        keep=keep,
        nodes=nodes,
        names=names,
        routines=_find_routines(project, branch, nodes),
        recorded=recorded,
        release=Release(
            action=action,
            source=source,
            kept=away,
            who=author.name,
            run_id=author.run_id,
            before=read_rows(connection, live, names),
            after=read_rows(connection, source, names),
            nodes=tuple(sorted(nodes)),
        ),
    )
    missing = _find_missing(connection, project, branch)
    request = PublishRequest(
        live=Relation(live, "*"),
        shadow_schema=exchange.incoming,
        own=frozenset(names),
        rebuilt_later=frozenset(),
        sessions=server.sessions,
        log=log,
        cancelled=threading.Event(),
        keeping=exchange,
    )
    if outdated or missing:
        told = [*missing, *outdated, *_find_obstacles(connection, exchange, request)]
        raise _refusal(branch, told, outdated=True)
    _run(connection, exchange, request)
    _run_let_go(connection, exchange)
    for sentence in run_validate(connection, live):
        log("error", sentence)
    return exchange.release


def _run(connection: Connection, exchange: BranchExchange, request: PublishRequest) -> None:
    try:
        standing = find_standing(connection, exchange)
    except LockBusyError:
        standing = []
    first = ""
    if not standing:
        try:
            run_publish(connection, request)
        except HeldError:
            raise
        except ObstructedError as obstructed:
            first = str(obstructed)
        except StepError as failed:
            first = describe(failed)
        except BuildError as failed:
            first = str(failed)
        else:
            return
    told = _find_obstacles(connection, exchange, request) or standing or [first]
    raise _refusal(exchange.branch, told)


def _find_obstacles(
    connection: Connection, exchange: BranchExchange, request: PublishRequest
) -> list[str]:
    try:
        return find_obstacles(connection, exchange, request)
    except LockBusyError:
        return []


def _refusal(branch: Branch, told: Sequence[str], *, outdated: bool = False) -> BuildError:
    lines = "".join(f"\n  {each}" for each in dict.fromkeys(told))
    todo = "Change or drop that first."
    if outdated and branch.kept is None:
        again = ["staging-assets", "build", "--schema", branch.schema]
        again += ["--changed-from", branch.live, "--rebuild", "changed"]
        command = " ".join(map(shlex.quote, again))
        todo = f"Build the branch again, which builds only what that concerns: {command}"
    elif outdated:
        todo = (
            "The tables that are kept were made of other rows. Go back to the scripts of that "
            "time, and build what they change: staging-assets build --rebuild changed"
        )
    return BuildError(
        f"{branch.live}: {branch.schema} cannot take its place. Nothing was changed. "
        f"In the way:{lines}\n{todo}"
    )


def _find_between(live: str, source: str) -> str:
    """What the schema is called while its tables come: its name may be that of the kept one."""
    if not source.startswith(find_previous(live)):
        return source
    return f"{live[: LONGEST_NAME - len(_COMING) - 8]}{_COMING}"


def _find_names(cursor: Cursor, branch: Branch) -> list[str]:
    """The names of all relations and types that change places, whether they are in both or not."""
    build = find_build_schema(branch.schema)
    cursor.execute(_NAMES, {"schema": branch.schema, "build": build})
    there = {name for (name,) in cursor.fetchall()}
    if branch.kept is not None:
        return sorted(there.union(branch.kept.names))
    return sorted(there - branch.views - branch.sequences)


def _find_routines(project: StagingProject, branch: Branch, nodes: frozenset[str]) -> list[str]:
    """The names of the functions and procedures that change places."""
    if branch.kept is not None:
        return list(branch.kept.routines)
    return sorted(
        {
            function.name
            for node in nodes
            if node in project.dependencies and project.kind(node) is Kind.PROCEDURES
            for function in project.procedures[project.node(node).name].functions
            if project.schemas.in_database(function.schema or "public", branch.schema)
            == branch.schema
        }
    )


def _find_missing(connection: Connection, project: StagingProject, branch: Branch) -> list[str]:
    """Tables of the branch that are on record and not there."""
    if branch.kept is not None:
        return []
    tables = sorted(node for node in branch.built if node in project.tables)
    with connection.cursor() as cursor:
        cursor.execute(
            "select w.name from unnest(%s::text[]) as w (name) where not exists (select"
            " from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = %s and c.relname = w.name) order by 1",
            (tables, branch.schema),
        )
        return [f"{name}: the table is gone from {branch.schema}" for (name,) in cursor.fetchall()]


def _run_let_go(connection: Connection, exchange: BranchExchange) -> None:
    """Take the keys to live tables off the old ones, where that can be had in a moment.

    They would be in the way of whoever changes rows of these; they are noted, and come back with
    their tables. One that stays is taken off when its live table is built again.
    """
    with in_autocommit(connection):
        for key in exchange.outbound:
            on = quote(Relation(exchange.away, key.table))
            run_briefly(connection, [f"alter table {on} drop constraint {key.name}"])
