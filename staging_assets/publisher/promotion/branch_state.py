"""Whether a branch may still take its place: nothing that it stands on was built since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from staging_assets.model import SCHEMA_NODE, Kind, Relation, StagingProject, list_some
from staging_assets.parser import LexicalError, quote, read_statements
from staging_assets.postgres import (
    BUILDS,
    Branch,
    Connection,
    find_build_schema,
    has_table,
)


@dataclass(frozen=True)
class Recorded:
    """What is on record of a node.

    Args:
        content: another one whenever its rows may be others.
        scripts: a hash of its own scripts, as in `Branch.replaced`.
        above: what it was made of, and which content each had.
        failed: whether a later build has failed.
    """

    content: str | None
    scripts: str | None
    above: Mapping[str, str | None]
    failed: bool


def read_recorded(connection: Connection, schema: str) -> dict[str, Recorded]:
    """Read what is on record of every node; empty where nothing was built."""
    table = Relation(find_build_schema(schema), BUILDS)
    if not has_table(connection, table):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select node, content, md5(made_of ->> 'parts'), made_of -> 'above',"  # noqa: S608
            f" failed is not null from {quote(table)}"
        )
        return {
            node: Recorded(content, scripts, above or {}, failed)
            for node, content, scripts, above, failed in cursor.fetchall()
        }


def find_exchanged(
    project: StagingProject,
    branch: Branch,
    live: Mapping[str, Recorded],
    own: Mapping[str, Recorded],
) -> frozenset[str]:
    """The nodes of a branch that change places.

    Scripts of functions are run in every branch. What they make of the same stays behind, unless
    there are types or views among it, which the branch's own tables are made of.

    Args:
        project: the folder of scripts; not looked at when old tables come back.
        branch: what is to be promoted.
        live: what is on record of the live schema.
        own: what is on record of the branch.
    """
    if branch.kept is not None:
        return branch.built
    same = {
        node
        for node in branch.built & live.keys() & own.keys() & project.dependencies.keys()
        if project.kind(node) is Kind.PROCEDURES
        and live[node].content == own[node].content
        and not _makes_relations(project, node)
    }
    return branch.built - same - {SCHEMA_NODE}


def _makes_relations(project: StagingProject, node: str) -> bool:
    text = project.procedures[project.node(node).name].script.text
    try:
        statements = read_statements(text, project.schemas)
    except LexicalError:
        return False
    return any(use.role == "create" for statement in statements for use in statement.uses)


def find_outdated(
    branch: Branch, live: Mapping[str, Recorded], own: Mapping[str, Recorded]
) -> list[str]:
    """Say what is against a promotion, a line each; none when nothing is.

    Args:
        branch: what is to be promoted.
        live: what is on record of the live schema.
        own: what is on record of the branch.
    """
    told = []
    if branch.kept is None:
        told += [
            f"{node}: {'its last build failed' if node in own else 'it is not built'} in "
            f"{branch.schema}"
            for node in sorted(branch.built)
            if node not in own or own[node].failed
        ]
        told += _find_mixed(branch, own)
    told += _find_rebuilt(branch, live)
    for node, before in sorted(branch.replaced.items()):
        now = live[node].scripts if node in live else None
        if now not in (before, own[node].scripts if node in own else None):
            told.append(
                f"{node}: it was built in {branch.live} of other scripts since "
                f"{branch.schema} was planned"
            )
    told += [
        f"{node}: it was built in {branch.live} since {branch.schema} was planned, and was new"
        for node in sorted(branch.built - branch.replaced.keys())
        if branch.kept is None
        and node in live
        and live[node].scripts is not None
        and (node not in own or live[node].scripts != own[node].scripts)
    ]
    return told


def _find_mixed(branch: Branch, own: Mapping[str, Recorded]) -> list[str]:
    """Those of the branch's own tables that were made of another build of one beside them."""
    return [
        f"{node}: {above} was built in {branch.schema} since it was made of it"
        for node in sorted(branch.built & own.keys())
        for above, content in sorted(own[node].above.items())
        if above in branch.built and above in own and own[above].content != content
    ]


def _find_rebuilt(branch: Branch, live: Mapping[str, Recorded]) -> list[str]:
    """Those of the live tables that were built again since the branch has read them."""
    pins: Mapping[str, set[str | None]] = branch.pinned
    if branch.kept is not None:
        pins = {node: {content} for node, content in branch.kept.pins.items()}
    told = []
    for node, contents in sorted(pins.items()):
        now = live[node].content if node in live else None
        if contents == {now}:
            continue
        readers = sorted(reader for reader, above in branch.read.items() if node in above)
        by = f" has read it for {list_some(readers, 5)}" if readers else " has read it"
        told.append(f"{node}: it was built in {branch.live} since {branch.schema}{by}")
    return told
