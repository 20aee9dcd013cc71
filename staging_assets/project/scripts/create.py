"""What a CREATE script makes: its table, the columns, and whatever else is its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from staging_assets.errors import Problem
from staging_assets.model import Column, Relation
from staging_assets.parser import (
    NAME_KINDS,
    ReadStatement,
    Use,
    add_comments,
    clean_comment,
    find_columns,
    fold,
    read_text,
)
from staging_assets.project.scripts.partitions import find_implied, find_partitions
from staging_assets.project.scripts.script import Source

_TABLES = ("table", "view")
_LASTING = ("collation",)
"""What a script makes once, where its schema is, and not beside its table."""
_ROUTINES = ("function", "procedure", "routine", "aggregate")
_CHANGES = ("drop", "alter", "change", "truncate")


@dataclass(frozen=True)
class Creation:
    """A table as its CREATE script makes it.

    Args:
        name: of the table, as Postgres folds it.
        source: the script.
        columns: in order; `complete` says that there are no others.
        comment: of the table.
        own: names of relations, sequences and types that the script makes.
        foreign_keys: names of relations in `staging` that it references.
        is_view: whether it is a view and no table.
    """

    name: str
    source: Source
    columns: tuple[Column, ...]
    complete: bool
    comment: str | None
    own: frozenset[str]
    foreign_keys: frozenset[str]
    is_view: bool

    @property
    def seeds(self) -> bool:
        """Whether the script puts rows into it."""
        return any(
            use.role == "write" and use.relation.name in self.own and self.source.is_own(use)
            for use in self.source.uses
            if not use.lasting
        )


def find_creation(source: Source, named: str) -> tuple[Creation | None, list[Problem]]:
    """What a script makes whose file name says `named`, and what is wrong with it."""
    uses = [use for use in source.uses if not use.lasting]
    made = [use for use in uses if use.role == "create" and use.kind in _TABLES]
    name = _find_own_name(source, made, named)
    if name is None:
        return None, []
    if isinstance(name, Problem):
        return None, [name]
    own, problems = _find_own(source, made, name)
    tokens = [statement.tokens for statement in source.statements]
    found = find_columns(source.script.text, tokens, source.schemas.own(name))
    own |= found.implied | set(_find_identity_sequences(source))
    partitions = find_partitions(source) & own
    for child in sorted(partitions):
        own |= find_implied(source, child, {name, *partitions})
    comment = _find_comments(source, name, found.columns)
    add_comments(found, source.script.text, tokens, source.comments)
    problems += _find_changes_of_others(source, name, own)
    references = {
        use.relation.name for use in uses if use.role == "reference" and source.is_own(use)
    }
    is_view = any(use.relation.name == name and use.kind == "view" for use in made)
    creation = Creation(
        name=name,
        source=source,
        columns=tuple(found.columns.values()),
        complete=found.complete,
        comment=comment or _find_head_comment(source),
        own=frozenset(own),
        foreign_keys=frozenset(references - own),
        is_view=is_view,
    )
    return creation, problems


def _find_own_name(source: Source, made: list[Use], named: str) -> str | Problem | None:
    """The table; a problem, or None when that has been told already."""
    names = {use.relation.name for use in made if source.is_own(use)}
    for name in (named, fold(named)):
        if name in names:
            return name
    alike = [name for name in names if name.lower() == named.lower()]
    if len(alike) == 1:
        return alike[0]
    wanted = source.schemas.own(fold(named))
    todo = f"Write `create table {wanted} (...)`"
    if any(use.relation == Relation("", fold(named)) for use in made):
        return None  # find_faults has told that it has no schema
    if names:
        other = next(use for use in made if source.is_own(use))
        what = f"creates {other.relation}, but the file is named for {wanted}"
        rename = (
            f"Rename the file to {source.schemas.create_file(other.relation.name)}, or the table"
        )
        if len(other.relation.name.splitlines()) > 1:
            rename = "Rename the table: no file can be named for it"
        return source.note(other.offset, what, rename)
    if source.opaque and any(use.relation == wanted for use in source.uses):
        return fold(named)
    return source.note(0, f"creates no table {wanted}", todo)


def _find_own(source: Source, made: list[Use], name: str) -> tuple[set[str], list[Problem]]:
    """Names that the script makes besides the table: partitions, sequences, types, indexes."""
    own, problems = {name}, []
    dropped = {use.relation for use in source.uses if use.role == "drop"}
    for statement in source.statements:
        uses = [use for use in statement.uses if not use.lasting]
        for use in uses:
            if use.role != "create" or use.kind in _LASTING:
                continue
            if use.kind == "index":  # it goes where its table is
                of_own = any(source.is_own(each) for each in uses if each.role == "alter")
            else:
                child = any(each.role == "parent" and source.is_own(each) for each in uses)
                of_own = source.is_own(use) and (child or use.kind not in _TABLES)
            if of_own:
                own.add(use.relation.name)
    made_here = {use.relation.name for use in made if source.is_own(use)}
    own |= find_partitions(source) & made_here
    for use in made:
        if source.is_own(use) and use.relation.name not in own and use.relation not in dropped:
            what = f"creates a second table, {use.relation}"
            todo = f"Move it to a script {source.schemas.create_file(use.relation.name)}"
            problems.append(source.note(use.offset, what, todo))
    return own, problems


def _find_identity_sequences(source: Source) -> Iterator[str]:
    """The sequences of identity columns that say which: `(SEQUENCE NAME staging.x_id_seq ...)`."""
    if "sequence" not in source.script.text.lower():
        return
    for statement in source.statements:
        tokens = statement.tokens
        for index in range(2, len(tokens)):
            if [tokens[index - 2].value, tokens[index - 1].value] == ["sequence", "name"]:
                qualified = index + 2 < len(tokens) and tokens[index + 1].value == "."
                yield tokens[index + 2 if qualified else index].value


def _find_changes_of_others(source: Source, name: str, own: set[str]) -> Iterator[Problem]:
    """DROP, ALTER, DELETE ... of anything in `staging` that is not the script's own."""
    defined = {use.relation for use in source.uses if use.role == "define"}
    made = {use.relation for use in source.uses if use.role in ("create", "temporary")}
    for use in source.uses:
        if use.lasting:
            continue
        if use.role == "drop" and use.kind in _ROUTINES and _cascades(source, use):
            what = f"drops {use.relation} and, by CASCADE, all that uses it in other tables"
            yield source.note(use.offset, what, "Write `create or replace`, or leave CASCADE out")
        elif use.role == "schema" and use.kind == "drop":
            what = f"drops the schema {use.relation.name}, with all that is in it"
            yield source.note(use.offset, what, "Drop the script's own table only")
        elif use.role == "schema" and use.kind == "alter" and _is_schema(source, use):
            what = f"alters the schema {use.relation.name}"
            yield source.note(use.offset, what, "Remove it: the schema is made by the build")
        elif use.role in _CHANGES and source.is_own(use):
            mine = use.relation.name in own or use.relation in defined | made
            if mine or (use.kind not in _TABLES and use.relation.name.startswith(f"{name}_")):
                continue
            verb = {"drop": "drops", "alter": "alters", "truncate": "empties"}.get(use.role)
            what = f"{verb or 'changes'} {use.relation}, which is not its own"
            todo = (
                f"A CREATE script may change {source.schemas.own(name)} only; move this elsewhere"
            )
            yield source.note(use.offset, what, todo)


def _is_schema(source: Source, use: Use) -> bool:
    return use.relation.name == source.schemas.staging


def _cascades(source: Source, use: Use) -> bool:
    """Whether a DROP at the top of a script ends with CASCADE."""
    return any(
        statement.tokens[-1].value == "cascade"
        and statement.tokens[0].start <= use.offset <= statement.tokens[-1].start
        for statement in source.statements
    )


def _find_comments(source: Source, name: str, columns: dict[str, Column]) -> str | None:
    """COMMENT ON TABLE, and COMMENT ON COLUMN into the columns."""
    of_table = None
    for statement in source.statements:
        if not statement.starts_with("comment", "on"):
            continue
        chain, end = _read_chain(statement)
        if chain[:2] != [source.schemas.staging, name]:
            continue
        kind = statement.tokens[2].value
        text = read_text(statement.tokens[end:])
        if kind == "column" and len(chain) == 3 and chain[2] in columns:
            columns[chain[2]] = replace(columns[chain[2]], comment=text)
        elif kind != "column" and len(chain) == 2:
            of_table = text
    return of_table


def _read_chain(statement: ReadStatement) -> tuple[list[str], int]:
    """The dotted name of a COMMENT ON and the index behind it."""
    index = 4 if statement.starts_with("comment", "on", "materialized") else 3
    index = 4 if statement.starts_with("comment", "on", "foreign") else index
    chain: list[str] = []
    for token in statement.tokens[index:]:
        if token.kind in NAME_KINDS and not (token.kind == "word" and token.value == "is"):
            chain.append(token.value)
        elif token.value != ".":
            break
        index += 1
    return chain, index


def _find_head_comment(source: Source) -> str | None:
    """The comment lines before the first statement, up to the first gap."""
    if not source.statements or source.script.part:
        return None
    first = source.statements[0].tokens[0].start
    lines: list[str] = []
    end = None
    for comment in source.comments:
        gap = source.script.text[end : comment.start] if end is not None else ""
        if comment.start > first or len(gap.strip(" \t\r").split("\n")) > 2:
            break
        end = comment.end
        said = clean_comment(comment.text)
        if said:
            lines.append(said)
        elif lines:
            break
    return " ".join(lines) or None
