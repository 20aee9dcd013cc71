"""A lexer for Postgres' SQL that keeps every character's place.

It follows the rules of Postgres' own `scan.l` where they decide what is code and what is
not: nested comments, `E''` and `U&''` strings, dollar quotes with tags, identifiers that
hold a dollar sign, operators that end before a comment. psql and the server agree on these.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from staging_assets.parser.lexer.letters import IN_NAME, LETTER, LETTER_OR_DIGIT

TokenKind = Literal[
    "word",  # an identifier or keyword without quotes; value is folded to lower case
    "quoted",  # "identifier" or U&"identifier"; value is what it means
    "string",  # 'text'
    "escaped",  # E'text', and 'text' where standard_conforming_strings is off
    "unicode",  # U&'text'
    "bits",  # B'0101', X'1F'
    "dollar",  # $tag$text$tag$
    "number",
    "parameter",  # $1
    "operator",
    "punctuation",  # , ; ( ) [ ] . .. : :: :=
    "backslash",  # no SQL: a psql command such as \copy
    "other",
]


class Token(NamedTuple):
    """One token; `start` and `end` are 0-based character offsets into the text."""

    kind: TokenKind
    start: int
    end: int
    value: str


class Comment(NamedTuple):
    """One comment with its marks; `start` and `end` are 0-based character offsets."""

    start: int
    end: int
    text: str


class LexicalError(ValueError):
    """A string, comment or quoted name that never ends; `offset` is where it begins."""

    def __init__(self, offset: int, what: str, todo: str) -> None:
        self.offset, self.what, self.todo = offset, what, todo
        super().__init__(what)


NAME_KINDS = frozenset(("word", "quoted"))
TEXT_KINDS = frozenset(("string", "escaped", "unicode", "dollar"))

_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\n\r\f\v]+)
    | (?P<prefix>[eEbBxXnN]'|[uU]&['"])
    | (?P<word>{LETTER}{IN_NAME}*)
    | (?P<punctuation>[,;()\[\]]|\.(?![0-9])\.?|:[:=]?)
    | (?P<quoted>"[^"\0]+"(?!"))
    | (?P<string>'[^'\\]*'(?!'))
    | (?P<comment>--[^\r\n]*)
    | (?P<open>/\*|['"])
    | (?P<number>0[xXoObB][0-9A-Fa-f_]+
        |(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    | (?P<parameter>\$[0-9]+)
    | (?P<dollar>\$(?:{LETTER}{LETTER_OR_DIGIT}*)?\$)
    | (?P<operator>(?:(?!--|/\*)[~!@\#^&|`?+\-*/%<>=])+)
    | (?P<backslash>\\[^\s;]*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NESTED = re.compile(r"/\*|\*/")
_QUOTE_OR_BACKSLASH = re.compile(r"'|\\")
_CONTINUED = re.compile(r"[ \t\f\v]*(?:--[^\r\n]*)?[\r\n](?:[ \t\n\r\f\v]|--[^\r\n]*[\r\n])*'")
_UNICODE_ESCAPE = re.compile(r"\\(?:\\|([0-9A-Fa-f]{4})|\+([0-9A-Fa-f]{6}))")
_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_MAX_NAME_BYTES = 63


def tokenize(  # noqa: PLR0912 - one branch for each kind of token
    text: str, comments: list[Comment] | None = None
) -> list[Token]:
    """Cut `text` into tokens; white space is dropped and comments go to `comments`.

    Raises LexicalError when a string, comment or quoted name does not end.
    """
    tokens: list[Token] = []
    add = tokens.append
    match = _TOKEN.match
    follows_setting = "standard_conforming_strings" in text.lower()
    plain_strings = True
    position, length = 0, len(text)
    while position < length:
        found = match(text, position)
        assert found is not None  # `other` takes any character
        kind, start, end = found.lastgroup, position, found.end()
        position = end
        if kind == "space":
            continue
        if kind == "word":
            add(Token("word", start, end, fold(text[start:end])))
        elif kind == "quoted":
            add(Token("quoted", start, end, _clip(text[start + 1 : end - 1])))
        elif kind == "comment":
            if comments is not None:
                comments.append(Comment(start, end, text[start:end]))
        elif kind == "string" and plain_strings:
            add(Token("string", start, end, text[start:end]))
        elif kind == "dollar":
            position = _end_of_dollar(text, start, found.group())
            add(Token("dollar", start, position, text[start:position]))
        elif kind == "open" and found.group() == "/*":
            position = _end_of_comment(text, start)
            if comments is not None:
                comments.append(Comment(start, position, text[start:position]))
        elif kind in ("open", "prefix", "string"):
            token = _read_quoted(text, start, plain_strings)
            position = token.end
            add(token)
        else:
            add(Token(kind, start, end, text[start:end]))  # type: ignore[arg-type]
            if follows_setting and text[start] == ";":
                plain_strings = _strings_after(tokens, plain_strings)
    return tokens


@lru_cache(maxsize=1 << 14)
def fold(name: str) -> str:
    """A name without quotes as Postgres keeps it: ASCII letters lower, 63 bytes at most."""
    return _clip(name.lower() if name.isascii() else name.translate(_FOLD))


def _clip(name: str) -> str:
    if len(name) * 4 <= _MAX_NAME_BYTES:
        return name
    data = name.encode(errors="surrogatepass")
    return name if len(data) <= _MAX_NAME_BYTES else data[:_MAX_NAME_BYTES].decode(errors="ignore")


def _read_quoted(text: str, start: int, plain_strings: bool) -> Token:
    """A string or quoted name that holds doubled quotes, escapes or a prefix."""
    prefix = text[start].lower()
    if text[start] == '"' or text.startswith('&"', start + 1):
        opening = start if text[start] == '"' else start + 2
        end = _end_of_doubled(text, opening, '"', "quoted name")
        inner = text[opening + 1 : end - 1].replace('""', '"')
        if opening != start:
            inner = decode_unicode(inner)
        if not inner:
            raise LexicalError(start, "a quoted name is empty", 'Write a name between the two "')
        return Token("quoted", start, end, _clip(inner))
    kind: TokenKind = "string" if plain_strings else "escaped"
    opening = start
    if prefix != "'":
        kind = {"e": "escaped", "b": "bits", "x": "bits", "u": "unicode"}.get(prefix, kind)  # type: ignore[assignment]
        opening = start + (2 if prefix == "u" else 1)
    if kind == "escaped":
        end = _end_of_escaped(text, opening)
    else:
        end = _end_of_doubled(text, opening, "'", "string")
    return Token(kind, start, end, text[start:end])


def _end_of_doubled(text: str, opening: int, quote: str, what: str) -> int:
    position = opening + 1
    while True:
        position = text.find(quote, position)
        if position < 0:
            raise LexicalError(opening, f"a {what} is not closed", f"Close it with {quote}")
        if not text.startswith(quote, position + 1):
            return position + 1
        position += 2


def _end_of_escaped(text: str, opening: int) -> int:
    position = opening + 1
    while True:
        found = _QUOTE_OR_BACKSLASH.search(text, position)
        if found is None:
            raise LexicalError(opening, "a string is not closed", "Close it with '")
        position = found.end()
        if found.group() == "\\" or text.startswith("'", position):
            position += 1
            continue
        further = _CONTINUED.match(text, position)  # the same escapes hold on the next line
        if further is None:
            return position
        position = further.end()


def _end_of_comment(text: str, start: int) -> int:
    depth, position = 1, start + 2
    while depth:
        found = _NESTED.search(text, position)
        if found is None:
            raise LexicalError(start, "a comment is not closed", "Close it with */")
        depth += 1 if found.group() == "/*" else -1
        position = found.end()
    return position


def _end_of_dollar(text: str, start: int, tag: str) -> int:
    end = text.find(tag, start + len(tag))
    if end < 0:
        raise LexicalError(start, f"a dollar quote is not closed: {tag}", f"Close it with {tag}")
    return end + len(tag)


def _strings_after(tokens: list[Token], plain_strings: bool) -> bool:
    """Whether plain strings are plain after `SET standard_conforming_strings = ...;`."""
    words = [token.value.strip("'").lower() for token in tokens[-6:-1]]
    if "standard_conforming_strings" in words and "set" in words:
        return words[-1] in ("on", "true", "yes", "1", "default")
    return plain_strings


def decode_unicode(text: str) -> str:
    """What `U&` text means, with the usual backslash as its escape character."""

    def character(found: re.Match[str]) -> str:
        digits = found[1] or found[2]
        code = int(digits, 16) if digits else ord("\\")
        return chr(code) if code <= 0x10FFFF else found[0]

    return _UNICODE_ESCAPE.sub(character, text)
