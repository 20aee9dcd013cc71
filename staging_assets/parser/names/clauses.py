"""The table of keywords that say what the next name is: FROM, INTO, CREATE TABLE and so on.

Of the rows of a word the first whose conditions hold counts; where none does, the word is a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from staging_assets.parser.lexer.tokens import NAME_KINDS, TEXT_KINDS, Token
from staging_assets.parser.names.scope import Frame, Role

Keep = Literal["keep"]
Taken = Literal["", "copy", "object", "schemas", "search_path", "reset", "cte", "on"]


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


class Clause(NamedTuple):
    """A keyword, where it counts, and what it says.

    Args:
        word: the keyword, or several that say the same.
        start: only where a statement begins.
        after: only after one of these words, or of these pairs of words (`is-distinct`).
        verb: only in statements that begin so.
        before: only before one of these words; `NAME` stands for any name but `BESIDE_UPDATE`,
            `STRING` for any string.
        expecting: only where a name is (True) or is not (False) expected.
        query: only outside the parentheses of functions such as `extract(year from x)`.
        code: only in (True) or outside (False) the body of a PL/pgSQL block.
        role: of the next name.
        listing: role of the names after commas.
        on: role of the name after ON.
        begins: the verb of the statement that begins here.
        query_begins: whether a query, or a statement that changes rows, begins here.
        kind: of object that the next name is.
        take: what reads further, where a row cannot say it.
    """

    word: frozenset[str]
    start: bool = False
    after: frozenset[str] | None = None
    verb: frozenset[str] | None = None
    before: frozenset[str] | None = None
    expecting: bool | None = None
    query: bool = False
    code: bool | None = None
    role: Role | Keep | None = "keep"
    listing: Role | Keep | None = "keep"
    begins: str = ""
    query_begins: bool = False
    kind: str = ""
    take: Taken = ""


NAME = frozenset(("a name",))
STRING = frozenset(("a string",))
BESIDE_UPDATE = words("set on of or")
ROUTINES = words("function procedure aggregate routine")
OBJECTS = words("table view sequence type domain collation index statistics") | ROUTINES
MODIFIERS = words(
    "or replace global local unlogged recursive unique constraint materialized foreign"
)
ON_OBJECTS = words("trigger policy rule")
CONTENTLESS = words("comment grant revoke analyze vacuum reindex cluster lock security")
STARTS = words("; begin then else loop also instead atomic")
FOLLOWS_RELATION = words(
    "where group having window order limit offset fetch union intersect except returning set on "
    "join inner left right full cross natural using for tablesample loop table values select "
    "default overriding with when do then"
)
_ENDS_LIST = words(
    "where group having window order limit offset fetch union intersect except returning "
    "set when do loop then for"
)
_SKIPPED = words(
    "only lateral table if not exists concurrently temp temporary unlogged strict rows"
)
_NO_COMMAND = words(
    "create alter drop foreign temp temporary unlogged on into truncate lock add reindex "
    "returns new old cluster only"
)


def _row(word: str | frozenset[str], **says: object) -> Clause:
    for key in ("after", "verb", "before"):
        if isinstance(says.get(key), str):
            says[key] = words(str(says[key]))
    return Clause(words(word) if isinstance(word, str) else word, **says)  # type: ignore[arg-type]


_UPDATE: dict[str, object] = {
    "before": NAME,
    "role": "change",
    "listing": None,
    "begins": "update",
    "query_begins": True,
}

_TABLE = (
    *(_row(word, start=True, begins=word) for word in (*CONTENTLESS, "fetch", "import", "refresh")),
    # Queries and their tables.
    _row("select values", role=None, listing=None, begins="select", query_begins=True),
    _row("from", after="is-distinct not-distinct"),
    _row("from", after="delete", role="change", listing=None, begins="delete", query_begins=True),
    _row("from", after="values"),  # bounds of a partition
    _row("from", verb="copy revoke fetch import"),  # a file; a role; a cursor; a server
    _row("from", query=True, role="read", listing="read"),
    _row("from"),
    _row("join", role="read"),
    _row("table", expecting=True),
    _row("table", after=_NO_COMMAND),
    _row("table", after="for", verb="create alter"),  # of a publication
    _row("table", role="read", begins="select", query_begins=True),
    _row("like", after="( ,", role="read"),  # of CREATE TABLE
    _row("with", take="cte"),
    # Statements that change tables.
    _row("into", after="insert", role="write", listing=None, begins="insert", query_begins=True),
    _row("into", after="merge", role="write", listing=None, begins="merge", query_begins=True),
    _row("into", verb="import", take="schemas"),
    _row("into", verb="select", code=False, before="temp temporary", role="temporary"),
    _row("into", verb="select", code=False, role="create", kind="table"),
    _row("into"),
    _row("using", verb="delete", role="read", listing="read", begins="using"),
    _row("using", verb="merge", role="read", listing=None, begins="using"),
    _row("using"),  # of a join
    _row("update", start=True, **_UPDATE),
    _row("update", after="( ) as explain analyze in query do", **_UPDATE),
    _row("update", verb="with", **_UPDATE),  # behind WITH ... CYCLE ... USING path
    _row("update"),
    _row("truncate", start=True, role="truncate", listing="truncate"),
    _row("copy", start=True, begins="copy", take="copy"),
    # Definitions.
    _row("create alter drop", start=True, take="object"),
    _row("references", role="reference"),
    _row("of", after="partition", role="parent"),
    _row("of", verb="create alter", kind="type", role="mention"),
    _row("inherits", before="(", role="parent"),
    _row("inherit", verb="alter", role="parent"),
    _row("partition", after="attach detach", role="mention"),
    _row("view", verb="refresh", role="read"),
    _row("on", take="on"),
    _row("to", verb="rule", role="alter"),  # CREATE RULE ... ON INSERT TO
    # Schemas and where names without one are looked up.
    _row("search_path", before="to =", take="search_path"),
    _row("search_path", after="reset", take="reset"),
    _row("search_path", before="from", take="reset"),  # FROM CURRENT
    _row("all", after="reset discard", take="reset"),
    _row("schema", after="set local session", before=STRING, take="search_path"),
    _row("schema", take="schemas"),
    # Where lists end, and words between a keyword and its name.
    _row(_ENDS_LIST, role=None, listing=None),
    _row(_SKIPPED, expecting=True),
)  # fmt: skip

CLAUSES: dict[str, tuple[Clause, ...]] = {
    word: tuple(row for row in _TABLE if word in row.word)
    for word in frozenset().union(*(row.word for row in _TABLE))
}


class Place(NamedTuple):
    """A word where it stands, to be held against the rows of the table.

    Args:
        tokens: of the piece.
        words: what each of them is as a keyword or mark; nothing behind the last.
        at: index of the word.
        frame: around it.
        starts: whether a statement begins there.
        query: whether it is outside the parentheses of a function.
        code: whether it is in the body of a PL/pgSQL block.
    """

    tokens: Sequence[Token]
    words: Sequence[str]
    at: int
    frame: Frame
    starts: bool
    query: bool
    code: bool

    def fits(self, clause: Clause) -> bool:
        """Whether the conditions of a row hold."""
        return (
            (not clause.start or self.starts)
            and (clause.verb is None or self.frame.verb in clause.verb)
            and (clause.after is None or self._follows(clause.after))
            and (clause.before is None or self._precedes(clause.before))
            and (clause.expecting is None or clause.expecting == (self.frame.expect is not None))
            and (not clause.query or self.query)
            and (clause.code is None or clause.code == self.code)
        )

    def _follows(self, wanted: frozenset[str]) -> bool:
        before = self.words[self.at - 1]
        return before in wanted or f"{self.words[self.at - 2]}-{before}" in wanted

    def _precedes(self, wanted: frozenset[str]) -> bool:
        if self.at + 1 >= len(self.tokens):
            return False
        token = self.tokens[self.at + 1]
        if wanted is NAME:
            return token.kind in NAME_KINDS and self.words[self.at + 1] not in BESIDE_UPDATE
        return token.value in wanted or (wanted is STRING and token.kind in TEXT_KINDS)
