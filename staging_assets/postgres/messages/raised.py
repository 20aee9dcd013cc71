"""Hide values of rows in what scripts say themselves (RAISE) or put together (EXECUTE).

What Postgres says quotes values in known places (`redaction`). What a script says may hold one
anywhere. So the text is compared with the scripts: what stands in them is no secret, plain numbers
are mostly counts, and the rest is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from staging_assets.postgres.messages.redaction import HIDDEN

_RAISE = re.compile(
    r"\braise\s+(?:(?:debug|log|info|notice|warning|exception)\s+)?e?'((?:[^']|'')*)'",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"-?[\d.,]+|<NULL>")
_RAISED = re.compile(r"\APL/pgSQL function (.+?) line \d+ at RAISE\b")
_EXECUTED = re.compile(r" at (?:EXECUTE|FOR over EXECUTE statement|OPEN|RETURN QUERY)\b")
_SENT = re.compile(r'SQL (?:statement|expression) "(.*?)"\n?(?=PL/pgSQL|SQL |\Z)', re.DOTALL)
_UNDEFINED = frozenset({"42P01", "42703", "42704", "42883", "3F000", "42725", "42P02"})
_GRAMMAR = frozenset(
    _WORD.findall(
        "a already alter and are at be by column constraint create delete does drop error "
        "exist exists execute for from function in index insert into is must near not of on "
        "operator or procedure relation role schema select sequence set syntax table the to "
        "type update values view where "
    )
)
"""What Postgres says itself, and SQL: no value is worth hiding that reads like that."""
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


def find_raiser(context: str | None) -> str | None:
    """The function, or the DO block, whose RAISE an error is; None when it is Postgres' own.

    Args:
        context: the CONTEXT of the error.
    """
    found = _RAISED.search(context or "")
    return found[1] if found else None


def hide_raised(text: str, sources: Sequence[str], *, always: bool = False) -> str:
    """The text of a RAISE, in which what has come in for a `%` is hidden.

    Args:
        text: what was said.
        sources: texts of the scripts that may have said it.
        always: whether it is known to come from a RAISE; else a text that fits none is left alone.
    """
    for source in sources:
        for shape in _find_shapes(source):
            if found := shape.fullmatch(text):
                return _mask_groups(found, sources)
    return _mask(text, sources) if always else text


def hide_dynamic(
    text: str, sqlstate: str | None, context: str | None, query: str | None, sources: Sequence[str]
) -> str:
    """A message of Postgres', without words of dynamic SQL that stand in no script.

    Args:
        text: the message.
        sqlstate: its code.
        context: its CONTEXT.
        query: the query inside a function in which it was found, where Postgres tells it.
        sources: texts of the scripts.
    """
    context = context or ""
    if _EXECUTED.search(context):
        put_together = " ".join([query or "", *_SENT.findall(context)])
        strange = _find_words(put_together) - _find_known(sources)
        return _replace(text, strange)
    if sqlstate in _UNDEFINED and not query:
        # It may be a value that was looked up as a name: `name::regclass`.
        quoted = " ".join(_QUOTED.findall(text))
        return _replace(text, _find_words(quoted) - _find_known(sources))
    return text


def _mask_groups(found: re.Match[str], sources: Sequence[str]) -> str:
    parts, end = [], 0
    for number in range(1, len(found.groups()) + 1):
        start, after = found.span(number)
        parts += [found.string[end:start], _mask(found[number], sources)]
        end = after
    return "".join([*parts, found.string[end:]])


def _mask(text: str, sources: Sequence[str]) -> str:
    if _NUMBER.fullmatch(text.strip()):
        return text
    words = {word for word in _find_words(text) if not word.isdigit()}
    return _replace(text, words - _find_known(sources))


def _replace(text: str, words: set[str]) -> str:
    hidden = _WORD.sub(lambda word: HIDDEN if word[0].lower() in words else word[0], text)
    return re.sub(rf"{HIDDEN}(?:[^\w\"]{{1,2}}{HIDDEN})+", HIDDEN, hidden)


def _find_words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


def _find_known(sources: Sequence[str]) -> set[str]:
    return set(_GRAMMAR).union(*map(_read_words, sources))


@lru_cache(256)
def _read_words(source: str) -> frozenset[str]:
    return frozenset(_find_words(source))


@lru_cache(256)
def _find_shapes(source: str) -> tuple[re.Pattern[str], ...]:
    """The formats of all RAISE in a text, those that say most first."""
    formats = {found[1].replace("''", "'") for found in _RAISE.finditer(source)}
    with_places = sorted((each for each in formats if "%" in each), key=len, reverse=True)
    return tuple(re.compile(_find_pattern(each), re.DOTALL) for each in with_places)


def _find_pattern(form: str) -> str:
    parts = re.split(r"(%%|%)", form)
    kinds = {"%%": "%", "%": "(.*?)"}
    return "".join(kinds.get(part, re.escape(part)) for part in parts)
