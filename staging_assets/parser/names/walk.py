"""What a walk over tokens knows, and what it does where the table of clauses is too short."""

from __future__ import annotations

from collections.abc import Sequence

from staging_assets.parser.lexer.tokens import Token
from staging_assets.parser.names import heads
from staging_assets.parser.names.clauses import OBJECTS, ON_OBJECTS, ROUTINES
from staging_assets.parser.names.scope import Frame, Name, Names, Role, Scope

_MARKS = frozenset(("word", "punctuation"))


class Walk:
    """The state of a walk. Each step takes the index of a token and gives the one behind it."""

    def __init__(
        self,
        tokens: Sequence[Token],
        schemas: frozenset[str],
        code: bool,
        hidden: tuple[str, ...],
    ) -> None:
        self.tokens, self.schemas, self.code = tokens, schemas, code
        # What stands where as a keyword or mark: nothing behind the last, nor before the first,
        # as an index below zero counts from the end.
        words = [token.value if token.kind in _MARKS else "" for token in tokens]
        self.words = [*words, "", "", "", ""]
        self.names = Names()
        self.path: tuple[str, ...] = ()  # what RESET goes back to
        self.piece = Scope(hidden)
        self.frames = [Frame(self.piece)]
        # What is a column in a query, or should `staging` turn out to be a variable or a table.
        self.unsure: dict[int, tuple[Scope, str]] = {}

    def cte(self, index: int, frame: Frame) -> None:
        """Note a CTE: it is known when its body is over, at once if recursive."""
        frame.pending = self.tokens[index].value
        if frame.recursive:
            frame.ctes.add(frame.pending)

    # What a row of the table cannot say.

    def take_cte(self, index: int, frame: Frame) -> int:
        """WITH, if the name of a CTE follows."""
        recursive = self.words[index + 1] == "recursive"
        if heads.is_cte(self.tokens, index + 1 + recursive):
            frame.verb, frame.recursive = "with", recursive
            frame.expect = frame.listing = None
            self.cte(index + 1 + recursive, frame)
        return index + 1

    def take_copy(self, index: int, frame: Frame) -> int:
        """COPY: FROM and TO decide what becomes of the table before them."""
        frame.expect = heads.find_copy_role(self.tokens, index)
        return index + 1

    def take_on(self, index: int, frame: Frame) -> int:
        """ON: CREATE INDEX and the like name their table after it."""
        frame.expect, frame.on = frame.on, None
        return index + 1

    def take_object(self, index: int, frame: Frame) -> int:
        """CREATE, ALTER, DROP: what kind of thing, and that its name comes next."""
        verb = self.tokens[index].value
        kind, temporary, end = heads.read_head(self.tokens, index)
        frame.verb, frame.kind = verb, kind
        if kind in ON_OBJECTS:
            frame.verb = kind
            frame.on = None if kind == "rule" and verb == "create" else "alter"
        elif kind in OBJECTS:
            made: Role = "define" if kind in ROUTINES else "temporary" if temporary else "create"
            roles: dict[str, Role] = {"create": made, "alter": "alter", "drop": "drop"}
            frame.expect = roles[verb]
            frame.listing = "drop" if verb == "drop" else None
            frame.on = "alter" if kind == "index" and verb == "create" else None
            end += 1
        return max(index + 1, end)

    def take_schemas(self, index: int, frame: Frame) -> int:
        """SCHEMA and IMPORT ... INTO: a list of schemas."""
        start = index + 1
        if frame.verb == "import" and self.words[index] == "schema":
            return start  # of another server
        while heads.read_value(self.tokens, start) in ("if", "not", "exists", "authorization"):
            start += 1
        listed, _ = heads.read_schemas(self.tokens, start)
        whole = frame.kind == "schema" and frame.verb in ("drop", "alter")
        for token in listed:
            self.names.found.append(Name("schema", None, token, frame.verb if whole else ""))
        if frame.kind == "schema" and frame.verb == "create" and listed:
            self.names.home = listed[0].value
        return index + 1

    def take_search_path(self, index: int, frame: Frame) -> int:
        """SET search_path TO ..., SET SCHEMA '...': of the session, or of a routine's body."""
        start = index + (1 if self.words[index] == "schema" else 2)
        listed, _ = heads.read_schemas(self.tokens, start)
        ours = frame.verb not in ("create", "alter")
        for token in listed:
            self.names.found.append(Name("schema", None, token, "path" if ours else "body"))
        path = heads.read_path(listed)
        path = self.path if path is None else path
        if ours:
            self.names.search_path = path
        elif frame.kind in ROUTINES:
            self.names.body_path = path
        return index + 1

    def take_reset(self, index: int, frame: Frame) -> int:
        """RESET search_path, RESET ALL, DISCARD ALL, SET search_path FROM CURRENT."""
        if frame.verb not in ("create", "alter"):
            self.names.search_path = self.path
        elif frame.kind in ROUTINES:
            self.names.resets_body = self.words[index - 1] == "reset"
        return index + (3 if self.words[index + 1] == "from" else 1)
