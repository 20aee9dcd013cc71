"""Partitions: which tables a script makes or attaches as such, and whose they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from staging_assets.errors import Problem
from staging_assets.parser import ReadStatement, Token, Use, find_columns
from staging_assets.project.scripts.script import Source

_TOGETHER = "a table and its partitions are built and published together"


def find_partitions(source: Source) -> set[str]:
    """The tables that a script makes, or attaches, as partitions of others."""
    return {
        use.relation.name
        for statement in source.statements
        for use in _find_named(source, statement, "create", "of")
        + _find_named(source, statement, "mention", "attach")
    }


def find_implied(source: Source, child: str, parents: Collection[str]) -> set[str]:
    """The names that keys and indexes of a partition have or get.

    Those that its table has are made for it too, under names that Postgres makes up.

    Args:
        source: the script.
        child: the partition.
        parents: the script's tables.
    """
    tokens = [statement.tokens for statement in source.statements]
    text, table = source.script.text, source.schemas.own(child)
    found = set(find_columns(text, tokens, table).implied)
    for parent in parents:
        if parent != child:
            alike = [_turn_to(child, parent, each) for each in tokens]
            found |= find_columns(text, alike, table).implied
    return found


def _turn_to(child: str, parent: str, tokens: Sequence[Token]) -> list[Token]:
    """A statement about a table as one about its partition, without names of its own."""
    found: list[Token] = []
    makes_index = False
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else token
        if token.value == "on" and token.kind == "word":
            makes_index = False
        if makes_index or (token.value == "constraint" and token.kind == "word"):
            continue
        if before.value == "constraint" and before.kind == "word":
            continue
        if token.value == parent and before.value == ".":
            token = token._replace(value=child)  # noqa: PLW2901
        makes_index = token.value == "index" and tokens[0].value == "create"
        found.append(token)
    return found


def find_foreign_partitions(source: Source, owners: Mapping[str, str]) -> Iterator[Problem]:
    """Partitions that one script makes of another one's table.

    Each script makes its table anew, and neither can be published alone without taking the
    other's rows away.

    Args:
        source: any script.
        owners: name of any relation in the schema to the table whose script makes it.
    """
    for statement in source.statements:
        for parents, children, verb in (
            (("parent", "of"), ("create", "of"), "is made as"),
            (("alter", "attach"), ("mention", "attach"), "is attached as"),
        ):
            for parent in _find_named(source, statement, *parents):
                for child in _find_named(source, statement, *children):
                    whole = owners.get(parent.relation.name)
                    part = owners.get(child.relation.name)
                    if whole is not None and part is not None and whole != part:
                        what = (
                            f"{child.relation} {verb} a partition of {parent.relation}, and each "
                            "has a script of its own"
                        )
                        file = source.schemas.create_file(whole)
                        todo = f"Move all that makes {child.relation} to {file}: {_TOGETHER}"
                        yield source.note(child.offset, what, todo)


def _find_named(source: Source, statement: ReadStatement, role: str, word: str) -> list[Use]:
    """What a statement names in a role, if it says PARTITION OF or ATTACH PARTITION of tables."""
    pair = ("partition", word) if word == "of" else (word, "partition")
    words = [token.value for token in statement.tokens if token.kind == "word"]
    if pair not in set(pairwise(words)):
        return []
    return [
        use
        for use in statement.uses
        if use.role == role and use.kind != "index" and source.is_own(use) and not use.lasting
    ]
