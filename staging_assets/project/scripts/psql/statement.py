"""Where the statement that is being read stands: what psql looks at to find its end."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class OpenStatement:
    """The statement that has begun and is not over.

    Args:
        start: where it begins in the text that is put together.
        words: its keywords and names outside parentheses, in lower case.
        brackets: what is open: `(`, `[`, and `{` for arguments of JSON's constructors.
        atomic: how many BEGIN ATOMIC, and CASE within, are open.
    """

    start: int = -1
    words: list[str] = field(default_factory=list)
    brackets: list[str] = field(default_factory=list)
    atomic: int = 0
    last: str = ""

    @property
    def begun(self) -> bool:
        """Whether anything of it has been read."""
        return self.start >= 0

    def add_word(self, word: str, start: int) -> None:
        """Take a word."""
        if self.start < 0:
            self.start = start
        self.last = word
        if self.brackets:
            return
        self.words.append(word)
        if self.is_routine and (word == "begin" or (word == "case" and self.atomic)):
            self.atomic += 1
        elif word == "end" and self.atomic:
            self.atomic -= 1

    def add_mark(self, mark: str, start: int) -> None:
        """Take anything else that is not blank; brackets are counted."""
        if self.start < 0:
            self.start = start
        if mark in "([":
            of_json = self.last.startswith("json_object")
            self.brackets.append("{" if mark == "(" and of_json else mark)
        elif mark in ")]" and self.brackets:
            self.brackets.pop()
        self.last = ""

    @property
    def is_routine(self) -> bool:
        """Whether it creates a function or procedure, whose body may hold semicolons."""
        words = [word for word in self.words[:4] if word not in ("or", "replace")]
        return words[:1] == ["create"] and words[1:2] in (["function"], ["procedure"])

    @property
    def is_whole(self) -> bool:
        """Whether a semicolon ends it."""
        return not self.brackets and not self.atomic

    @property
    def copies_rows(self) -> bool:
        """Whether it is a COPY ... FROM STDIN."""
        pairs = zip(self.words, self.words[1:], strict=False)
        return self.words[:1] == ["copy"] and ("from", "stdin") in pairs
