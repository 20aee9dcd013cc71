"""The statements of one script after the other, on trial in a scratch schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import psycopg2

from staging_assets.checks.bodies.judge import find_temporary_names
from staging_assets.checks.core.snapshot import (
    describe_error,
    raise_unless_ours,
    savepoint,
    taken_back,
)
from staging_assets.checks.scripts.kinds import (
    Way,
    find_empty_suffix,
    find_made,
    find_made_later,
    find_way,
)
from staging_assets.checks.scripts.mend import NAMES, find_mending, find_name, spell
from staging_assets.errors import Problem
from staging_assets.model import Relation, SchemaNames, Script, StagingProject
from staging_assets.parser import (
    ReadStatement,
    SentText,
    find_place,
    read_statements,
    replace_spans,
)
from staging_assets.postgres import Connection, Meant, find_column, find_meant, find_named

_MOST_MENDED = 30
_BUSY = frozenset(("55P03", "57014"))
"""A lock or an answer that did not come in time: nothing is wrong with the script."""
_EXPLAIN = "explain "
_ANYTHING = """
select exists (
    select from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
    where n.nspname operator(pg_catalog.=) %s
)
"""
_CORRECT = "Correct the script"


@dataclass(frozen=True)
class _Piece:
    """One statement on its way to the server, which knows where it is from."""

    text: str
    offset: int
    whole: SentText

    def source_offset(self, offset: int) -> int:
        """The offset in the script of one into the statement."""
        return self.whole.source_offset(self.offset + offset)


@dataclass
class Trial:
    """What has come of the scripts so far.

    Args:
        connection: in a transaction that is rolled back.
        project: the folder of scripts.
        scratch: the schema in which everything is made.
        lead: what is sent before each script: its path.
        problems: what is wrong, each once.
        busy: scripts of which something could not be looked at in time.
        lost: names of what could not be made.
        mended: names of what was made otherwise than its script says.
        waiting: schemas of others with nothing in them, to the scripts that read them.
    """

    connection: Connection
    project: StagingProject
    scratch: str
    lead: str
    problems: dict[Problem, None] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    mended: set[str] = field(default_factory=set)
    waiting: dict[str, set[str]] = field(default_factory=dict)
    _empty: dict[str, bool] = field(default_factory=dict)

    def run(self, script: Script, sent: SentText, *, stays: bool) -> None:
        """Try every statement of a script.

        Args:
            script: as the folder has it.
            sent: its text, sent to the scratch schema.
            stays: whether what it makes is there for the scripts after it.
        """
        with savepoint(self.connection) if stays else taken_back(self.connection):
            with self.connection.cursor() as cursor:
                cursor.execute(self.lead)
            for statement in read_statements(sent.text, SchemaNames(self.scratch)):
                self.try_statement(script, sent, statement, makes=stays)

    def try_statement(
        self, script: Script, sent: SentText, statement: ReadStatement, *, makes: bool
    ) -> None:
        """Run or plan a statement; where a name in it is wrong, go on with the right one."""
        way = find_way(statement, self.scratch, makes=makes)
        if way is None:
            self.lost |= find_made(statement)
            return
        start, end = statement.tokens[0].start, statement.tokens[-1].end
        piece: SentText = _Piece(sent.text[start:end], start, sent)
        suffix = find_empty_suffix(statement, piece.text) if way == "run" else ""
        made, told = find_made(statement), set[int]()
        for tries in range(_MOST_MENDED):
            error = self._send(piece.text, way, suffix)
            if error is None:
                return
            code = error.pgcode or ""
            if code in _BUSY:
                self.busy.add(script.label)
                break
            meant = self.find_meant(error, piece.text)
            message = error.diag.message_primary or ""
            if tries and (code not in NAMES or meant.known or message.startswith("operator")):
                break  # it may come of what was put in
            if code not in NAMES and self._names_mended(piece.text):
                break  # the same, elsewhere
            at = self._find_offset(error, way, piece.text)
            place = piece.source_offset(at)
            if place in told:
                meant = Meant()  # what was put in there is wrong, too
            elif not self.is_passed_over(error) and not self._waits(script, error, meant):
                self.tell(script, place, error, piece.text, meant.sentence)
            told.add(place)
            spelled = [
                spell(name, self.project.schemas, self.scratch, is_column=code == "42703")
                for name in meant.names
            ]
            span = find_mending(piece.text, at, code, message, spelled) if code in NAMES else None
            if span is None:
                break
            piece = replace_spans(piece, [span])
            self.mended |= made
        self.lost |= made

    def _find_offset(self, error: psycopg2.Error, way: Way, text: str) -> int:
        """Where in a statement the server sees the error, or where the name stands; 0-based."""
        position = error.diag.statement_position
        if position:
            return max(0, int(position) - 1 - (len(_EXPLAIN) if way == "plan" else 0))
        code, message = error.pgcode or "", error.diag.message_primary or ""
        if code == "42703":
            return find_name(text, Relation("", find_column(message)))
        named = find_named(message, code) if code in NAMES else None
        return 0 if named is None else find_name(text, named)

    def _names_mended(self, text: str) -> bool:
        return not self.mended.isdisjoint(re.findall(r"[\w$]+", text))

    def _send(self, text: str, way: Way, suffix: str, lead: str = "") -> psycopg2.Error | None:
        """What the server says against a statement; what was only planned leaves no lock."""
        kept = savepoint(self.connection) if way == "run" else taken_back(self.connection)
        try:
            with kept, self.connection.cursor() as cursor:
                if lead:
                    cursor.execute(lead)
                cursor.execute((_EXPLAIN if way == "plan" else "") + text + suffix)
        except psycopg2.Error as error:
            if error.pgcode not in _BUSY:
                raise_unless_ours(self.connection, error)
            return error
        return None

    def ask(self, query: str) -> Sequence[tuple[object, ...]]:
        """The rows of a query of our own."""
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def plan(self, text: str) -> psycopg2.Error | None:
        """What the server says against a statement that only reads, under the scripts' path."""
        return self._send(text, "plan", "", self.lead)

    def change(self, text: str) -> None:
        """Run a statement that is there for later scripts; what is wrong in it was told."""
        self._send(text, "run", "", self.lead)

    def find_meant(self, error: psycopg2.Error, text: str) -> Meant:
        """What may be meant by a name that the server has not found in a statement."""
        code = error.pgcode or ""
        if code not in NAMES:
            return Meant()
        return find_meant(
            self.ask,
            error.diag.message_primary or "",
            code,
            schema=self.scratch,
            schemas=self.project.schemas,
            made=self.project.find_made(functions=code == "42883"),
            text=text,
        )

    def is_passed_over(self, error: psycopg2.Error) -> bool:
        """Whether it only says that something is missing whose script has failed, or comes later.

        A column may be added by a cleanup, which is not run here.
        """
        code, message = error.pgcode or "", error.diag.message_primary or ""
        if error.diag.internal_query:
            return True  # it is in a function that is called, of which it is told
        if code == "42703":
            column = find_column(message)
            word = re.compile(rf"\b{re.escape(column)}\b", re.IGNORECASE)
            cleanups = self.project.cleanups.values() if column else ()
            return any(word.search(each.script.text) for each in cleanups)
        named = find_named(message, code) if code in NAMES else None
        return named is not None and (named.name in self.lost or named.name in self._made_later)

    @cached_property
    def _made_later(self) -> frozenset[str]:
        """The names of temporary tables, and of what routines and blocks make when they run."""
        project = self.project
        scripts = [s for node in project.nodes for s in project.find_scripts(node).values()]
        found = find_temporary_names(script.text for script in scripts)
        return found.union(*(find_made_later(script.text) for script in scripts))

    def _waits(self, script: Script, error: psycopg2.Error, meant: Meant) -> bool:
        """Whether a script reads a schema of others in which there is nothing at all yet."""
        code = error.pgcode or ""
        named = find_named(error.diag.message_primary or "", code) if code == "42P01" else None
        if named is None or named.schema in ("", self.scratch) or meant.names:
            return False
        if named.schema not in self._empty:
            with self.connection.cursor() as cursor:
                cursor.execute(_ANYTHING, (named.schema,))
                self._empty[named.schema] = cursor.fetchone() == (False,)
        if self._empty[named.schema]:
            self.waiting.setdefault(named.schema, set()).add(script.label)
        return self._empty[named.schema]

    def tell(
        self, script: Script, offset: int, error: psycopg2.Error, text: str, todo: str = ""
    ) -> None:
        """Note what the server says.

        Args:
            script: the script.
            offset: into its text.
            error: of the server.
            text: the statement; literals that stand in it may be shown.
            todo: what may be meant.
        """
        place = find_place(script, offset)
        hint = "" if error.pgcode in NAMES else error.diag.message_hint
        told = todo or hint or _CORRECT
        self.add(place.script.label, place.line, place.column, self.say(error, text), told)

    def add(self, label: str, line: int, column: int, what: str, todo: str) -> None:
        """Note a problem, once."""
        self.problems[Problem(label, line, column, what.rstrip("."), todo.rstrip("."))] = None

    def say(self, error: psycopg2.Error, text: str) -> str:
        """What the server says, in the scripts' own names, without values of rows."""
        said = describe_error(error, text).removesuffix(f" ({error.pgcode})")
        return said.replace(self.scratch, self.project.schemas.staging)
