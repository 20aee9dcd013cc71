"""The statements of dumps, and of any other files of SQL, by what they are about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from staging_assets.errors import Problem
from staging_assets.model import CopyData, SchemaNames, Script
from staging_assets.parser import ReadStatement
from staging_assets.project.file_reader import FileReader, Files
from staging_assets.project.scripts.divide import Left, divide
from staging_assets.project.scripts.forbidden import find_faults
from staging_assets.project.scripts.psql import Included, Values, is_variable_name, read_as_psql
from staging_assets.project.scripts.script import Source
from staging_assets.project.scripts.subjects import find_made, is_setting

_OF_PG_DUMP = re.compile(
    r"--(?:\s*|\s*(?:Name|Data for Name|Data Pos|TOC entry|Dependencies|Dumped|Started on"
    r"|Completed on|PostgreSQL database (?:cluster )?dump)\b.*)"
)
"""Comments that pg_dump writes, line by line."""


class DumpStatement(NamedTuple):
    """One statement.

    Args:
        lead: the comments above it, but for those of pg_dump.
        text: without its semicolon.
        read: what it says.
        data: the rows that it copies, if it does.
        place: where it stands, as people read it; only of what is left.
        is_setting: whether it is for the session.
    """

    lead: str
    text: str
    read: ReadStatement
    data: CopyData | None
    place: str
    is_setting: bool


@dataclass
class Dump:
    """All statements.

    Args:
        schemas: what they call the schemas.
        tables: table or view to the statements about it, in their order, with settings among them.
        others: what belongs to no table, and to the schema itself.
        left: what is about several tables, about another schema, or about nothing that is known.
        problems: what keeps files from being read, each with its place.
    """

    schemas: SchemaNames
    tables: dict[str, list[DumpStatement]] = field(default_factory=dict)
    others: list[DumpStatement] = field(default_factory=list)
    left: list[DumpStatement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_dump(
    paths: Sequence[Path], schema: str | None, variables: Mapping[str, str], otherwise: str
) -> Dump:
    """Read files of SQL.

    Args:
        paths: of the files, in the order in which psql would run them.
        schema: the one that is meant; None: the one in which most tables are made.
        variables: values of parameters, by how the files spell them.
        otherwise: the schema of what is made without one, where `schema` is None.
    """
    reading = _Reading(paths, variables)
    sources = reading.read(SchemaNames(schema or otherwise))
    if schema is None:
        made = _count_schemas(sources)
        schema = max(made, key=lambda name: (made[name], name)) if made else otherwise
        schema = schema or otherwise
    bare = any(_is_made_bare(source) for source in sources)
    schemas = SchemaNames(schema, path=(schema,) if bare else ())
    if sources and sources[0].schemas != schemas:
        reading = _Reading(paths, variables)
        sources = reading.read(schemas)
    dump = Dump(schemas, problems=reading.problems)
    for source in sources:
        dump.problems += find_faults(source)
    if not dump.problems:
        _sort(dump, sources)
    return dump


class _Reading:
    def __init__(self, paths: Sequence[Path], variables: Mapping[str, str]) -> None:
        self.paths, self.files = paths, Files()
        self.problems: list[Problem] = self.files.problems
        self.values = Values(
            {name: value for name, value in variables.items() if is_variable_name(name)},
            {name: value for name, value in variables.items() if not is_variable_name(name)},
        )

    def read(self, schemas: SchemaNames) -> list[Source]:
        """The files that can be read: those that make tables first, those with foreign keys last.

        Folders of DDL have no other order: the keys in a file need the tables, and the keys, of
        the others.
        """
        sources = []
        for path in self.paths:
            included = Included(self._read_file, (path.parent,))
            script = self._read_file(path)
            if script is None:
                continue
            script, problems = read_as_psql(script, self.values, included)
            source = Source(script, schemas)
            self.problems += [*problems, *([source.problem] if source.problem else [])]
            sources.append(source)
        return sorted(sources, key=_find_rank)

    def _read_file(self, path: Path) -> Script | None:
        return FileReader(path.parent, self.files).read(path)


def _find_rank(source: Source) -> int:
    if any(find_made(statement) for statement in source.statements):
        return 0
    return 2 if any(use.role == "reference" for use in source.uses) else 1


def _count_schemas(sources: Sequence[Source]) -> Counter[str]:
    return Counter(
        use.relation.schema
        for source in sources
        for use in source.uses
        if use.role == "create" and use.kind in ("table", "view") and not use.lasting
    )


def _is_made_bare(source: Source) -> bool:
    """Whether tables are made without their schema where no path says which."""
    return any(
        use.role == "create" and use.bare and use.kind == "table" and not use.relation.schema
        for use in source.uses
    )


def _sort(dump: Dump, sources: Sequence[Source]) -> None:
    divided = divide(sources, {})
    dump.problems += divided.problems
    for name, script in divided.scripts.items():
        dump.tables[name] = _read_statements(Source(script, dump.schemas))
    for script in divided.routines:
        dump.others += _read_statements(Source(script, dump.schemas))
    for common in divided.commons:
        dump.left += _read_statements(Source(common.script, dump.schemas), placed=True)
    dump.left += [_cut_left(left) for left in divided.left]


def _cut_left(left: Left) -> DumpStatement:
    return _cut(left.source, left.statement, "", placed=True)


def _read_statements(source: Source, *, placed: bool = False) -> list[DumpStatement]:
    found, behind = [], 0
    for statement in source.statements:
        lead = source.script.text[behind : statement.tokens[0].start].lstrip("; \t\r\n")
        lines = [line for line in lead.splitlines() if not _OF_PG_DUMP.fullmatch(line.strip())]
        found.append(_cut(source, statement, "\n".join(lines).strip(), placed=placed))
        behind = statement.tokens[-1].end
    return found


def _cut(source: Source, statement: ReadStatement, lead: str, *, placed: bool) -> DumpStatement:
    start, end = statement.tokens[0].start, statement.tokens[-1].end
    data = source.script.find_data(start) if source.script.data else None
    text = source.script.text[start:end].replace("\r\n", "\n")
    return DumpStatement(
        lead=lead,
        text=text,
        read=statement,
        data=replace(data, start=0, end=len(text)) if data else None,
        place=source.place(start) if placed else "",
        is_setting=is_setting(statement),
    )
