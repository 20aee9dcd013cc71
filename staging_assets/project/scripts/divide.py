"""Put the statements of files together anew: one script for each table.

That is for files that make several tables, and for keys, indexes, comments ... that stand in other
files than their table's. Each statement goes to the table that it is about, in the order of the
files. So an asset's code version covers its own statements alone. What is about several tables of
a file at once makes them one unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from staging_assets.errors import Problem
from staging_assets.model import Script
from staging_assets.parser import ReadStatement
from staging_assets.project.scripts.clearing import find_clearing
from staging_assets.project.scripts.common import Common, Gathering
from staging_assets.project.scripts.grants import find_grantees, grant_spans
from staging_assets.project.scripts.late_routines import find_late, find_routine
from staging_assets.project.scripts.ownership import Ownership
from staging_assets.project.scripts.psql import Output
from staging_assets.project.scripts.script import Source
from staging_assets.project.scripts.subjects import (
    find_subjects,
    is_additive,
    is_limit,
    is_of_routines,
    is_of_schema,
    is_of_types,
    is_setting,
)


class Left(NamedTuple):
    """A statement that belongs to no table, and what is to be done about it."""

    source: Source
    statement: ReadStatement
    problem: Problem


@dataclass
class Divided:
    """What comes of the files.

    Args:
        scripts: table to its script.
        routines: scripts of what belongs to no table: one a file, and one for each routine that
            needs a table, whose name is its `part`.
        commons: what files say of several of their tables at once.
        left: statements that can go nowhere.
        problems: what else is wrong.
    """

    scripts: dict[str, Script] = field(default_factory=dict)
    routines: list[Script] = field(default_factory=list)
    commons: list[Common] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
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
        ownership = Ownership(files, makers)
        self.makers, self.first, self.here = makers, ownership.first, ownership.here
        self.owners, self.once = ownership.owners, ownership.once
        self.found = Divided(problems=ownership.problems)
        self.outputs: dict[str, Output] = {}
        every = (statement for source in files for statement in source.statements)
        self.late = find_late(every, self.owners)

    def take(self, source: Source) -> None:
        """Give out the statements of a file."""
        behind = 0
        settings: list[tuple[int, int]] = []
        begun: dict[int, int] = {}  # how many of the settings each script has, by its id
        routines: dict[str, Output] = {}
        common = Gathering(source)
        clearing = find_clearing(source, self.here[id(source)], self.owners)
        for statement in source.statements:
            start, behind = behind, _find_end(source, statement)
            if (
                statement in clearing
                or is_limit(statement)
                or is_of_schema(statement, source.schemas.staging)
            ):
                continue
            if is_setting(statement):
                settings.append((start, behind))
                continue
            if is_of_routines(statement) or is_of_types(statement, self.once):
                about = find_routine(statement)
                part = about if about in self.late else ""
                outputs = {"": routines.setdefault(part, Output())}
            else:
                outputs = self.find_outputs(source, statement, common)
            for name, to in outputs.items():
                for span in settings[begun.get(id(to), 0) :]:
                    to.add(source.script, *span)
                begun[id(to)] = len(settings)
                spans = grant_spans(statement, name, self.owners) if name else []
                _copy(source, statement, (start, behind), to, spans)
        for part, to in routines.items():
            self.found.routines.append(to.finish(replace(source.script, part=part), []))
        if source.statements and source.statements[-1].search_path != source.schemas.path:
            at = source.statements[-1].tokens[0].start
            for to in (*self.outputs.values(), common.output):
                if id(to) in begun:
                    to.add_fixed("\nreset search_path;\n", source.script, at)
        found = common.finish(frozenset(self.here[id(source)]))
        if found is not None:
            self.found.commons.append(found)

    def find_outputs(
        self, source: Source, statement: ReadStatement, common: Gathering
    ) -> dict[str, Output]:
        """Where a statement goes, by table, or "" for what is none's; nowhere if it is left out."""
        here = self.here[id(source)]
        grantees = find_grantees(source, statement, here, self.owners)
        if grantees:
            return {name: self.find_output(name) for name in sorted(grantees)}
        subjects = find_subjects(statement, self.owners)
        if not subjects and len(here) == 1:
            subjects = here
        if len(subjects) == 1:
            return self.find_own_output(source, statement, common, *subjects)
        if (statement.starts_with("drop") and subjects <= here) or statement.starts_with("analyze"):
            return {}  # each table is made and analyzed anew in any case
        if subjects <= here and len(here) > 1 and common.takes(statement):
            common.begin(statement)
            return {"": common.output}
        about = f"is about {', '.join(sorted(subjects))}" if subjects else "is about no table"
        what = f"this statement {about}, and the file makes {'several' if here else 'none'}"
        self.leave(
            source, statement, what, "Move it to a script of a table, or to a stored procedure"
        )
        return {}

    def find_own_output(
        self, source: Source, statement: ReadStatement, common: Gathering, name: str
    ) -> dict[str, Output]:
        """Where a statement about one table goes."""
        here = self.here[id(source)]
        if name not in here and not is_additive(statement):
            what = f"changes {name}, which another file makes"
            self.leave(source, statement, what, "Move it to the script of that table")
            return {}
        if name in here and common.follows(statement):
            return {"": common.output}
        early = common.find_early(statement)
        self.found.problems += [early] if early else []
        return {name: self.find_output(name)}

    def leave(self, source: Source, statement: ReadStatement, what: str, todo: str) -> None:
        """Note a statement that can go nowhere."""
        problem = source.note(statement.tokens[0].start, what, todo)
        self.found.left.append(Left(source, statement, problem))

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


def _copy(
    source: Source,
    statement: ReadStatement,
    part: tuple[int, int],
    to: Output,
    spans: Sequence[tuple[int, int, str]],
) -> None:
    """Copy a part of a file that ends with a statement, with other texts in some places."""
    start, end = part
    at = statement.tokens[0].start
    data = source.script.find_data(at) if source.script.data else None
    if data is not None:
        shift = to.length - start
        to.data.append(replace(data, start=data.start + shift, end=data.end + shift))
    for first, last, text in spans:
        to.add(source.script, start, first)
        if text:
            to.add_fixed(text, source.script, first)
        start = last
    to.add(source.script, start, end)
    if not source.script.text[part[0] : end].rstrip().endswith(";"):
        to.add_fixed(";", source.script, end)
    to.add_fixed("\n", source.script, end)
