"""The text of scripts, cut as psql cuts it, with the values of variables put in."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from staging_assets.errors import Problem
from staging_assets.model import CopyData, Script
from staging_assets.parser import IN_NAME, LETTER, LETTER_OR_DIGIT, find_place
from staging_assets.project.scripts.psql.arguments import VARIABLE, spell_variable
from staging_assets.project.scripts.psql.output import Output
from staging_assets.project.scripts.psql.statement import OpenStatement
from staging_assets.project.scripts.psql.transactions import Ended, find_needless
from staging_assets.project.scripts.psql.values import Values

_SCAN = re.compile(
    rf"""
      (?P<comment>--[^\r\n]*)
    | (?P<block>/\*)
    | (?P<escaped>[eE]'(?:[^'\\]|''|\\.)*')
    | (?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
    | (?P<quoted>(?:[uU]&)?"(?:[^"]|"")*")
    | (?P<dollar>\$(?P<tag>(?:{LETTER}{LETTER_OR_DIGIT}*)?)\$)
    | (?P<template>\$\{{[^}}\s]*\}}|\{{\{{.*?\}}\}}|@{LETTER}\w*(?=\.))
    | (?P<word>{LETTER}{IN_NAME}*)
    | (?P<number>[0-9][\w.]*|\$[0-9]+)
    | (?P<cast>::|:=)
    | (?P<variable>:(?:{VARIABLE}))
    | (?P<semicolon>;)
    | (?P<mark>[()\[\]])
    | (?P<command>\\(?P<verb>[^\s\\;]+|;|\\)?)
    | (?P<other>[^\s])
    """,
    re.VERBOSE | re.DOTALL,
)
_NESTED = re.compile(r"/\*|\*/")
LINE_END = re.compile(r"\r\n|\r|\n|\Z")
_REST = re.compile(r"[ \t\f\v]*(?:--[^\r\n]*)?(?=[\r\n]|\Z)")
_END_OF_ROWS = re.compile(r"^\\\.[ \t]*(?:\r\n|\r|\n|\Z)", re.MULTILINE)
_BEFORE_TABLE = ("from", "into", "table", "join", "update", "references", "exists", "on", "view")
"""Words before a table, where no operator can stand."""


class Scanner(ABC):
    """Puts together what psql would send; the commands are its heirs' affair."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.variables = dict(values.variables)
        self.problems: list[Problem] = []
        self.out = Output()
        self.statement = OpenStatement()
        self.ended: list[Ended] = []
        self.branches: list[tuple[bool, bool]] = []  # of \if: is read, one has been read
        self.within: list[str] = []  # the files, and variables, that are being read

    def note(self, script: Script, offset: int, what: str, todo: str) -> None:
        """Note what is wrong at an offset."""
        place = find_place(script, offset)
        label = place.script.label
        self.problems.append(Problem(label, place.line, place.column, what, todo))

    def finish(self, script: Script) -> Script:
        """The script as it is sent."""
        if self.statement.begun:
            self.end_statement()
        needless = [(each.start, each.end) for each in find_needless(self.ended)]
        return self.out.finish(script, needless)

    @property
    def active(self) -> bool:
        """Whether what stands here counts, by `\\if`."""
        return all(read for read, _ in self.branches)

    def read(self, script: Script) -> None:
        """Read a file, or the value of a variable."""
        text, position, done = script.text, 0, 0
        while found := _SCAN.search(text, position):
            kind, start = found.lastgroup or "", found.start()
            position = found.end()
            if kind == "block":
                position = _end_of_comment(text, start)
            elif kind == "dollar":
                end = text.find(found.group(), position)
                position = len(text) if end < 0 else end + len(found.group())
            place = self.out.length + start - done
            if kind == "command":
                self.keep(script, done, start)
                position = done = self.command(script, found)
            elif kind == "comment" or not self.active:
                continue
            elif kind == "word":
                self.statement.add_word(found.group().lower(), place)
            elif kind == "variable" or (kind == "template" and self.active):
                self.keep(script, done, start)
                done = position = self.put_in(script, found)
            elif kind == "semicolon" and self.statement.is_whole:
                self.keep(script, done, position)
                done = position = self.semicolon(script, position)
            elif kind not in ("block", "semicolon"):
                self.statement.add_mark(found.group() if kind == "mark" else " ", place)
        self.keep(script, done, len(text))

    def keep(self, script: Script, start: int, end: int) -> None:
        """Take a part of a script, where it counts."""
        if self.active:
            self.out.add(script, start, end)

    def semicolon(self, script: Script, position: int) -> int:
        """End the statement at a semicolon before `position`; take the rows that follow it."""
        copies, span = self.statement.copies_rows, (self.statement.start, self.out.length - 1)
        self.end_statement(self.out.length - 1)
        return self.rows(script, span, position) if copies else position

    def end_statement(self, end: int | None = None) -> None:
        """End the statement that is open before `end`, or here."""
        if self.statement.begun:
            end = self.out.length if end is None else end
            self.ended.append(Ended(self.statement.start, end, tuple(self.statement.words)))
        self.statement = OpenStatement()

    def rows(self, script: Script, span: tuple[int, int], position: int) -> int:
        """Take the rows that stand behind a COPY; gives the offset behind them."""
        rest = _REST.match(script.text, position)
        if rest is None:
            todo = "Put it behind the rows"
            self.note(script, position, "this stands in the line of COPY ... FROM STDIN", todo)
            return position
        line = LINE_END.search(script.text, rest.end())
        assert line is not None
        end = _END_OF_ROWS.search(script.text, line.end())
        rows = script.text[line.end() : end.start() if end else None]
        behind = end.end() if end else len(script.text)
        if end is None and rows.strip():
            todo = "Write \\. in a line of its own behind the last row"
            self.note(script, position - 1, "the rows of COPY ... FROM STDIN have no end", todo)
            rows, behind = "", position
        place = find_place(script, line.end())
        self.out.data.append(CopyData(*span, place.script, place.line, rows))
        self.out.add_fixed("\n", script, position)
        return behind

    def put_in(self, script: Script, found: re.Match[str]) -> int:
        """Put in the value of a variable; gives the offset behind it."""
        spelled, start = found.group(), found.start()
        if found.lastgroup == "template":
            if spelled[0] != "@" or self.statement.last in _BEFORE_TABLE:
                todo = f'Declare "{spelled}" under `variables` in staging.yaml'
                self.note(script, start, f"the parameter {spelled} has no value", todo)
            return self.leave(script, found)
        value = spell_variable(found, self.variables)
        if value is None:
            if self.statement.brackets[-1:] not in (["["], ["{"]):
                name = spelled.strip(":'\"")
                todo = f"Declare {name} under `variables` in staging.yaml"
                self.note(script, start, f"the variable {spelled} has no value", todo)
            return self.leave(script, found)
        name = f":{found['raw']}"
        if name in self.within:
            return self.leave(script, found)  # psql puts in no value within itself
        file, at = script.origin(start)
        inner = Output()
        inner.add_fixed(value, file, at)
        self.within.append(name)
        if found["raw"]:
            self.read(inner.finish(file, []))
        else:
            self.statement.add_mark(" ", self.out.length)
            self.out.add_fixed(value, script, start)
        self.within.pop()
        return found.end()

    def leave(self, script: Script, found: re.Match[str]) -> int:
        """Take a text as it is."""
        self.statement.add_mark(" ", self.out.length)
        self.keep(script, found.start(), found.end())
        return found.end()

    @abstractmethod
    def command(self, script: Script, found: re.Match[str]) -> int:
        """Do as a command says; gives the offset behind it."""


def _end_of_comment(text: str, start: int) -> int:
    depth, position = 1, start + 2
    while depth:
        found = _NESTED.search(text, position)
        if found is None:
            return len(text)
        depth += 1 if found.group() == "/*" else -1
        position = found.end()
    return position
