"""The schemas that were live before: `<schema>__previous`, and older ones that are to be kept."""

from __future__ import annotations

from staging_assets.parser import quote_identifier
from staging_assets.postgres import Connection, find_build_schema, has_schema
from staging_assets.publisher.transaction.steps import Step

MOST_KEPT = 20


def find_previous(schema: str, place: int = 1) -> str:
    """What the schema is called that was live some promotions ago.

    Args:
        schema: the live schema.
        place: 1 is the last one, `<schema>__previous`; 2 is `<schema>__previous_2`.
    """
    return f"{schema}__previous" if place == 1 else f"{schema}__previous_{place}"


def find_surplus(connection: Connection, schema: str, keep: int, incoming: str) -> list[str]:
    """The schemas that a promotion drops: it keeps the last ones only.

    Args:
        connection: to the database.
        schema: the live schema.
        keep: how many there may be after it.
        incoming: the one that is promoted; an older one may be.
    """
    names = [find_previous(schema, place) for place in range(1, MOST_KEPT + 1)]
    stay = [name != incoming and has_schema(connection, name) for name in names]
    # The last of those that may stay goes when all of them move on by one.
    first = keep - 1 if all(stay[:keep]) else keep
    return [name for name, there in list(zip(names, stay, strict=True))[first:] if there]


def shift_steps(connection: Connection, schema: str, keep: int) -> list[Step]:
    """Statements by which each kept schema gets the name of the one before it."""
    there: list[str] = []
    for place in range(1, keep):
        name = find_previous(schema, place)
        if not has_schema(connection, name):
            break
        there.append(name)
    steps: list[Step] = []
    for place in range(len(there), 0, -1):
        old, new = find_previous(schema, place), find_previous(schema, place + 1)
        steps += rename_steps(connection, [(old, new)])
    return steps


def rename_steps(connection: Connection, pairs: list[tuple[str, str]]) -> list[Step]:
    """Statements that give schemas and their companions new names.

    Args:
        connection: to the database.
        pairs: old and new name, in this order; a new name may be the next one's old name.
    """
    steps: list[Step] = []
    for companion in (False, True):
        there: set[str] = set()
        for old, new in pairs:
            source = find_build_schema(old) if companion else old
            target = find_build_schema(new) if companion else new
            if source in there or has_schema(connection, source):
                there.add(target)
                text = f"alter schema {quote_identifier(source)}"
                step = Step(f"renaming {source}", f"{text} rename to {quote_identifier(target)}")
                steps.append(step)
    return steps
