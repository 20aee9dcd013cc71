"""Fingerprints of scripts: of what they say, so that a comment or a blank changes nothing."""

from __future__ import annotations

import hashlib
import io
import tokenize as python_tokens
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from staging_assets.model import Script
from staging_assets.parser import LexicalError, Token, tokenize
from staging_assets.project.scripts.script import Source

_WITH_BODIES = ("function", "procedure")
_OF_SQL = ("sql", "plpgsql")
_BLANK = (python_tokens.COMMENT, python_tokens.NL, python_tokens.ENCODING, python_tokens.ENDMARKER)


def find_sql_fingerprint(source: Source) -> str:
    """Of an SQL script: its tokens, those in the bodies of functions and in `DO` as well.

    With it counts what its COPY ... FROM STDIN reads.
    """
    script = source.script
    said = [spell(script.text, statement.tokens) for statement in source.statements]
    return hash_texts([*said, *(each.text or each.state for each in script.data)])


def spell(text: str, tokens: Sequence[Token]) -> str:
    """A statement in one spelling: names folded, one line a token, no comment.

    Args:
        text: that the tokens were cut from.
        tokens: of the statement.
    """
    return "\n".join(_spell(text, tokens))


def _spell(text: str, tokens: Sequence[Token]) -> Iterator[str]:
    entered = _has_sql_body(tokens)
    for token in tokens:
        if token.kind == "word":
            yield token.value
        elif token.kind == "quoted":
            yield f'"{token.value}'
        elif token.kind == "dollar" and entered:
            yield _spell_body(text[token.start : token.end])
        else:
            yield text[token.start : token.end]


def _has_sql_body(tokens: Sequence[Token]) -> bool:
    """Whether what stands between dollars is code whose comments and blanks mean nothing."""
    words = [token.value for token in tokens if token.kind in ("word", "quoted")]
    if not words:
        return False
    made = words[0] == "create" and any(word in _WITH_BODIES for word in words[1:4])
    if words[0] != "do" and not made:
        return False
    languages = [
        after.value.strip("'").lower()
        for token, after in pairwise(tokens)
        if token.kind == "word" and token.value == "language"
    ]
    return all(language in _OF_SQL for language in languages) and bool(languages or not made)


def _spell_body(literal: str) -> str:
    mark = literal[: literal.index("$", 1) + 1]
    body = literal[len(mark) : -len(mark)]
    try:
        return f"$\n{spell(body, tokenize(body))}\n$"
    except LexicalError:
        return literal


def find_python_fingerprint(script: Script) -> str:
    """Of a cleanup: its tokens but comments and blank lines; indentation counts as such."""
    try:
        tokens = [
            (python_tokens.tok_name[token.type], _say(token))
            for token in python_tokens.generate_tokens(io.StringIO(script.text).readline)
            if token.type not in _BLANK
        ]
    except (python_tokens.TokenError, SyntaxError):
        return hash_texts([script.text])
    return hash_texts(part for token in tokens for part in token)


def _say(token: python_tokens.TokenInfo) -> str:
    return "" if token.type in (python_tokens.INDENT, python_tokens.NEWLINE) else token.string


def hash_texts(texts: Iterable[str]) -> str:
    """One hash of several texts, each for itself."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode(errors="surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()[:32]
