"""Which table each thing belongs to that files make: sequences, types, indexes, partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from staging_assets.errors import Problem
from staging_assets.parser import ReadStatement, find_columns
from staging_assets.project.scripts.script import Source
from staging_assets.project.scripts.subjects import (
    find_attached,
    find_made,
    find_own,
    find_subjects,
    find_types_made_once,
    find_words,
)

_PARTS = ("sequence", "type", "domain")


class Ownership:
    """Whose is what, in some files.

    Args:
        files: those that have to be divided.
        makers: table to the file of its own that makes it, if it is none of these.

    `owners` has the table of whatever the files make, `here` the tables that each file makes, by
    its id, `first` the file of each table of these, `once` the types that are made with routines.
    """

    def __init__(self, files: Sequence[Source], makers: Mapping[str, Source]) -> None:
        self.problems: list[Problem] = []
        self.first: dict[str, Source] = {}
        self.owners: dict[str, str] = {name: name for name in makers}
        self.here: dict[int, set[str]] = {}
        self.once = find_types_made_once(files)
        for source in files:
            made = self.here[id(source)] = self._find_tables(source)
            for name in made:
                if name in self.first:
                    self._tell_second(source, name, self.first[name])
                elif name in makers:
                    self._tell_second(source, name, makers[name])
                else:
                    self.first[name] = source
                    self.owners[name] = name
        for source in (*makers.values(), *files):
            for statement in source.statements:
                self._note_owners(statement)
        for source in files:
            self._note_parts(source)
            self._note_indexes(source)

    def _find_tables(self, source: Source) -> set[str]:
        made = {name for each in source.statements if (name := find_made(each)) is not None}
        scratch: set[str] = set()
        for statement in source.statements:
            for use in find_own(statement):
                created = use.role == "create"
                name = use.relation.name
                scratch = scratch - {name} if created else scratch
                if use.role == "drop":
                    scratch = scratch | {name}
        attached = {pair[1] for each in source.statements if (pair := find_attached(each))}
        return made - scratch - attached

    def _tell_second(self, source: Source, name: str, other: Source) -> None:
        for statement in source.statements:
            if find_made(statement) == name:
                place = other.script.label
                note = source.note(
                    statement.tokens[0].start,
                    f"creates {name}, as {place} does",
                    "Remove one of the two",
                )
                self.problems.append(note)
                return

    def _note_owners(self, statement: ReadStatement) -> None:
        """Note what a statement makes that belongs to a table: indexes, partitions, heirs."""
        attached = find_attached(statement)
        if attached is not None and attached[0] in self.owners:
            self.owners[attached[1]] = self.owners[attached[0]]
        uses = list(find_own(statement))
        statistics = find_words(statement)[:2] == ("create", "statistics")
        for role in ("parent", "alter", *(("read",) if statistics else ())):
            on = next((self.owners.get(u.relation.name) for u in uses if u.role == role), None)
            for use in statement.uses:
                if use.role == "create" and on is not None:
                    self.owners.setdefault(use.relation.name, on)

    def _note_parts(self, source: Source) -> None:
        """Note to which table a sequence or type belongs: the first one that names it."""
        parts = (
            {
                use.relation.name
                for statement in source.statements
                for use in find_own(statement)
                if use.role == "create" and use.kind in _PARTS
            }
            - self.owners.keys()
            - self.once
        )
        for owned in (True, False):  # OWNED BY counts before what only uses it
            for statement in source.statements:
                named = {use.relation.name for use in find_own(statement)}
                words = find_words(statement)
                if owned != (words[:2] == ("alter", "sequence")) or "view" in words:
                    continue
                about = sorted(find_subjects(statement, self.owners))
                if owned:  # OWNED BY staging.x.id, or x.id
                    names = named | {use.relation.schema for use in statement.uses}
                    about = sorted(names & self.owners.keys())
                for name in sorted(parts & named) if about else ():
                    self.owners.setdefault(name, about[0])
        made = (find_made(each) for each in source.statements)
        first = next((name for name in made if name and name in self.owners), None)
        for name in sorted(parts) if first is not None else ():
            self.owners.setdefault(name, first or "")  # what nothing names

    def _note_indexes(self, source: Source) -> None:
        """Note to which table the index of a key belongs, where statements name it."""
        if not any(each.starts_with("alter", "index") for each in source.statements):
            return
        tokens = [statement.tokens for statement in source.statements]
        for name, owner in list(self.owners.items()):
            found = find_columns(source.script.text, tokens, source.schemas.own(name))
            for index in found.implied:
                self.owners.setdefault(index, owner)
