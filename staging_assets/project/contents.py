"""What each node is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from staging_assets.model import (
    SCHEMA_NODE,
    Content,
    Lookup,
    Relation,
    cleanup_node,
    procedures_node,
)
from staging_assets.parser import ReadStatement, Use
from staging_assets.project.content.fingerprints import (
    find_python_fingerprint,
    find_sql_fingerprint,
)
from staging_assets.project.content.unsteady import find_filling, find_unsteady
from staging_assets.project.dependencies import FolderContents
from staging_assets.project.scripts.cleanup import CleanupCode
from staging_assets.project.scripts.routines import Routine

_CATALOGS = ("pg_catalog", "information_schema")
_WRITTEN = re.compile(
    r'\b(?:table|view|into|update|exists|index|sequence)\s+"?[\w$]+"?\s*\.\s*"?([\w$]+)',
    re.IGNORECASE,
)


def find_contents(
    parts: FolderContents,
    lookups: Mapping[str, Lookup],
    sources: Mapping[str, frozenset[Relation]],
) -> dict[str, Content]:
    """Find what each node is made of.

    Args:
        parts: all that was read of the folder.
        lookups: table to its rows from the YAML.
        sources: node to the relations outside `staging` that it reads.
    """
    found = {SCHEMA_NODE: Content({"schemas": "; ".join(parts.schemas.told)})}
    cleanups = {t: find_python_fingerprint(code.script) for t, code in parts.cleanups.items()}
    for name, creation in parts.creations.items():
        said = {"create": find_sql_fingerprint(creation.source)}
        statements = find_filling(creation.source.statements)
        uses = [*creation.source.uses]
        populate = parts.populates.get(name)
        if populate is not None:
            said["populate"] = find_sql_fingerprint(populate)
            statements += populate.statements
            uses += populate.uses
        for common in parts.find_commons((name,)):
            said["statements about several tables"] = find_sql_fingerprint(common)
            statements += common.statements
            uses += common.uses
        if name in lookups:
            said["lookup rows"] = lookups[name].sha256[:32]
        if name in cleanups:
            said["cleanup"] = cleanups[name]
        found[name] = _find_content(
            parts, said, statements, uses, sources[name] | _find_strays(parts, uses)
        )
    for stem, source in parts.procedures.items():
        node = procedures_node(stem)
        now = [use for use in source.uses if not use.lasting]
        made = [each for each in source.statements if not _defines(each)]
        said = {"functions": find_sql_fingerprint(source)}
        found[node] = _find_content(
            parts, said, made, now, sources[node] | _find_strays(parts, now)
        )
    for table, code in parts.cleanups.items():
        node = cleanup_node(table)
        strays = _find_cleanup_strays(parts, code)
        found[node] = Content({"cleanup": cleanups[table]}, sources[node] | strays)
    return found


def _find_cleanup_strays(parts: FolderContents, code: CleanupCode) -> frozenset[Relation]:
    """Relations in `staging` that its strings name and nobody here makes, nor it itself."""
    words = {word for word, _ in code.words}
    written = {name.lower() for name in _WRITTEN.findall(code.script.text)}
    return frozenset(
        said.relation
        for said in code.named
        if said.relation.schema == parts.schemas.staging
        and said.relation.name not in parts.owners
        and said.relation.name not in parts.made_by_procedures
        and said.relation.name not in words
        and said.relation.name not in written
    )


def _find_content(
    parts: FolderContents,
    said: Mapping[str, str],
    statements: Iterable[ReadStatement],
    uses: Iterable[Use],
    sources: frozenset[Relation],
) -> Content:
    uses = list(uses)
    reach = parts.routines.reach(uses)
    every = [*uses, *(use for _, use in reach.uses)]
    unsteady = find_unsteady(statements)
    for routine in reach.routines:
        unsteady += (f"{why} (in {routine.name})" for why in _find_unsteady_body(routine))
    unsteady += (
        f"reads the catalog: {use.relation}"
        for use in every
        if use.role == "read" and use.relation.schema in _CATALOGS
    )
    return Content(
        parts=said,
        sources=sources,
        calls=frozenset(
            use.relation
            for use in every
            if use.role == "call" and not any(True for _ in parts.routines.called([use]))
        ),
        unsteady=tuple(dict.fromkeys(unsteady)),
    )


def _find_unsteady_body(routine: Routine) -> list[str]:
    return find_unsteady(
        statement
        for statement in routine.source.statements
        if any(
            use.role == "define" and use.relation == routine.name and not use.lasting
            for use in statement.uses
        )
    )


def _defines(statement: ReadStatement) -> bool:
    return any(use.role == "define" for use in statement.uses)


def _find_strays(parts: FolderContents, uses: Iterable[Use]) -> frozenset[Relation]:
    """Relations in `staging` that are read and that no script makes: somebody else does."""
    uses = list(uses)
    made = {use.relation for use in uses if use.role in ("create", "temporary")}
    return frozenset(
        use.relation
        for use in (*uses, *(use for _, use in parts.routines.reach(uses).uses))
        if use.role == "read"
        and use.relation.schema == parts.schemas.staging
        and use.relation not in made
        and use.relation.name not in parts.owners
        and use.relation.name not in parts.made_by_procedures
    )
