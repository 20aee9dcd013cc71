"""Put the statements of files together anew: one script for each table.

That is for files that make several tables, and for keys, indexes, comments ... that stand in other
files than their table's. Each statement goes to the table that it is about, in the order of the
files. So an asset's code version covers its own statements alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from staging_assets.errors import Problem
from staging_assets.model import Script
from staging_assets.parser import ReadStatement, find_columns
from staging_assets.project.scripts.psql import Output
from staging_assets.project.scripts.script import Source
from staging_assets.project.scripts.subjects import (
    find_attached,
    find_made,
    find_own,
    find_subjects,
    find_words,
    is_additive,
    is_limit,
    is_of_routines,
    is_of_schema,
    is_setting,
)

_PARTS = ("sequence", "type", "domain")


@dataclass
class Divided:
    """What comes of the files.

    Args:
        scripts: table to its script.
        routines: scripts of what belongs to no table, one a file.
        problems: statements that belong to no table, or to several.
    """

    scripts: dict[str, Script] = field(default_factory=dict)
    routines: list[Script] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def divide(files: Sequence[Source], makers: Mapping[str, Source]) -> Divided:
    """Give every statement of some files to the table that it is about.

    Args:
        files: those that have to be divided.
        makers: table to the file of its own that makes it, if it is none of these.
    """
    division = _Division(files, makers)
    for source in files:
        division.take(source)
    return division.finish()


class _Division:
    def __init__(self, files: Sequence[Source], makers: Mapping[str, Source]) -> None:
        self.found = Divided()
        self.outputs: dict[str, Output] = {}
        self.first: dict[str, Source] = {}  # the file of each script
        self.owners: dict[str, str] = {name: name for name in makers}
        self.makers = makers
        self.here: dict[int, set[str]] = {}  # the tables that each file makes, by its id
        for source in files:
            made = self.here[id(source)] = self.find_tables(source)
            for name in made:
                if name in self.first:
                    self.tell_second(source, name, self.first[name])
                elif name in makers:
                    self.tell_second(source, name, makers[name])
                else:
                    self.first[name] = source
                    self.owners[name] = name
        for source in (*makers.values(), *files):
            for statement in source.statements:
                self.note_owners(statement)
        for source in files:
            self.note_parts(source)
            self.note_indexes(source)

    def find_tables(self, source: Source) -> set[str]:
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

    def tell_second(self, source: Source, name: str, other: Source) -> None:
        for statement in source.statements:
            if find_made(statement) == name:
                place = other.script.label
                note = source.note(
                    statement.tokens[0].start,
                    f"creates {name}, as {place} does",
                    "Remove one of the two",
                )
                self.found.problems.append(note)
                return

    def note_owners(self, statement: ReadStatement) -> None:
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

    def note_parts(self, source: Source) -> None:
        """Note to which table a sequence or type belongs: the first one that names it."""
        parts = {
            use.relation.name
            for statement in source.statements
            for use in find_own(statement)
            if use.role == "create" and use.kind in _PARTS
        } - self.owners.keys()
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

    def note_indexes(self, source: Source) -> None:
        """Note to which table the index of a key belongs, where statements name it."""
        if not any(each.starts_with("alter", "index") for each in source.statements):
            return
        tokens = [statement.tokens for statement in source.statements]
        for name, owner in list(self.owners.items()):
            found = find_columns(source.script.text, tokens, source.schemas.own(name))
            for index in found.implied:
                self.owners.setdefault(index, owner)

    def take(self, source: Source) -> None:
        """Give out the statements of a file."""
        behind = 0
        settings: list[tuple[int, int]] = []
        begun: dict[str, int] = {}  # how many of the settings each script has
        routines = Output()
        for statement in source.statements:
            start, behind = behind, _find_end(source, statement)
            if is_limit(statement) or is_of_schema(statement, source.schemas.staging):
                continue
            if is_setting(statement):
                settings.append((start, behind))
                continue
            if is_of_routines(statement):
                to, name = routines, ""
            else:
                owner = self.find_owner(source, statement)
                if owner is None:
                    continue
                to, name = self.find_output(owner), owner
            for span in settings[begun.get(name, 0) :]:
                to.add(source.script, *span)
            begun[name] = len(settings)
            _copy(source, statement, start, behind, to)
        if routines.length:
            self.found.routines.append(routines.finish(source.script, []))
        for name in begun:
            if source.statements[-1].search_path != source.schemas.path and name:
                at = source.statements[-1].tokens[0].start
                self.outputs[name].add_fixed("\nreset search_path;\n", source.script, at)

    def find_owner(self, source: Source, statement: ReadStatement) -> str | None:
        """The table that gets a statement; None where it is left out, or a problem."""
        subjects = find_subjects(statement, self.owners)
        at = statement.tokens[0].start
        if len(subjects) == 1:
            (name,) = subjects
            if name in self.here[id(source)] or is_additive(statement):
                return name
            what = f"changes {name}, which another file makes"
            todo = "Move it to the script of that table"
            self.found.problems.append(source.note(at, what, todo))
        elif statement.starts_with("drop") and subjects <= self.here[id(source)]:
            return None  # each table is made anew in any case
        else:
            about = f"is about {', '.join(sorted(subjects))}" if subjects else "is about no table"
            what = f"this statement {about}, and the file makes several"
            todo = "Move it to a script of a table, or to a stored procedure"
            self.found.problems.append(source.note(at, what, todo))
        return None

    def find_output(self, name: str) -> Output:
        """The script of a table, as far as it has come; its own file comes first."""
        if name not in self.outputs:
            output = self.outputs[name] = Output()
            maker = self.makers.get(name)
            if maker is not None:
                self.first[name] = maker
                output.add(maker.script, 0, len(maker.script.text))
                output.data += maker.script.data
                output.add_fixed("\n;\n", maker.script, len(maker.script.text))
        return self.outputs[name]

    def finish(self) -> Divided:
        """All scripts."""
        for name, output in self.outputs.items():
            script = replace(self.first[name].script, part=name)
            self.found.scripts[name] = output.finish(script, [])
        return self.found


def _find_end(source: Source, statement: ReadStatement) -> int:
    """Behind a statement, its semicolon and the rest of that line."""
    text, end = source.script.text, statement.tokens[-1].end
    semicolon = text.find(";", end)
    return len(text) if semicolon < 0 else semicolon + 1


def _copy(source: Source, statement: ReadStatement, start: int, end: int, to: Output) -> None:
    at = statement.tokens[0].start
    data = source.script.find_data(at) if source.script.data else None
    if data is not None:
        shift = to.length - start
        to.data.append(replace(data, start=data.start + shift, end=data.end + shift))
    to.add(source.script, start, end)
    if not source.script.text[start:end].rstrip().endswith(";"):
        to.add_fixed(";", source.script, end)
    to.add_fixed("\n", source.script, end)
