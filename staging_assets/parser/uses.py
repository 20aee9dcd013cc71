"""What the pieces of a script name, each use with its place and what a bare name means there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from staging_assets.model import Relation
from staging_assets.parser.names.scope import Name, Role
from staging_assets.parser.nested.tree import BODIES, Fragment, PieceKind, compose

_ANYONES = frozenset(("$user", "public", "pg_catalog", "pg_temp", ""))


class Use(NamedTuple):
    """One place where a script names something.

    Args:
        role: what for; `spelled` is a string literal that names a relation.
        relation: what is named.
        offset: where, 0-based characters into the script.
        kind: of object, as CREATE, ALTER and DROP say it; `type` where a type is expected; `data`
            for a literal that nothing is seen to look up.
        within: the kind of piece that it stands in.
        lasting: whether it stands in the body of a function, which runs later.
        bare: whether it stands without its schema; that is the one that is built where the path
            has it.
        path: the schemas in which names without one are looked up there.
    """

    role: Role | str
    relation: Relation
    offset: int
    kind: str
    within: PieceKind
    lasting: bool
    bare: bool = False
    path: tuple[str, ...] = ()


def find_uses(
    piece: Fragment,
    path: tuple[str, ...],
    body_path: tuple[str, ...] | None = None,
    outside: Callable[[int], int] = lambda offset: offset,
    lasting: bool = False,
) -> Iterator[Use]:
    """What a piece names, and the code in its literals.

    Args:
        piece: of a script.
        path: the schemas in which names without one are looked up there.
        body_path: what the routine that it creates sets for its body; None when it sets none.
        outside: turns offsets into the piece into the script's.
        lasting: whether it runs later, as the body of a function.
    """
    names, staging = piece.names, piece.schemas.staging
    if piece.literal is not None and names.search_path is not None:
        path = names.search_path  # the body sets it itself
    if names.home is not None:
        path = (names.home, *path)
    lasting = lasting or piece.kind in BODIES
    for name in names.found:
        relation = resolve(name, path, staging)
        offset = outside((name.schema or name.name).start)
        bare = name.schema is None
        yield Use(name.role, relation, offset, name.kind, piece.kind, lasting, bare, path)
    for token in names.types if staging in path else ():
        # An alias may stand there as well: what is only likely closes no circle.
        relation = Relation(staging, token.value)
        yield Use(
            "mention", relation, outside(token.start), "data", piece.kind, lasting, True, path
        )
    for _, literal, spelled in piece.spelled:
        if spelled.name:
            relation = Relation(spelled.schema, spelled.name)
            if not spelled.schema:
                relation = Relation(staging if staging in path else "", spelled.name)
            offset = outside(literal.outside(spelled.start))
            kind = "data" if spelled.data else ""
            yield Use("spelled", relation, offset, kind, piece.kind, lasting, False, path)
    for given in piece.given:
        assert given.literal is not None
        place = compose(outside, given.literal.outside)
        for use in find_uses(given, path, None, place, lasting):
            if use.role not in ("call", "schema", "temporary"):
                yield use._replace(role="spelled", kind="data")
    for inner in piece.inner:
        assert inner.literal is not None
        below = body_path if body_path is not None and inner.kind in BODIES else path
        place = compose(outside, inner.literal.outside)
        yield from find_uses(inner, below, None, place, lasting)


def resolve(name: Name, path: tuple[str, ...], staging: str) -> Relation:
    """What a name means; without a schema it is in `staging`, or the first schema of the path.

    Args:
        name: as it stands.
        path: the schemas in which names without one are looked up there.
        staging: what scripts call the schema that is built.
    """
    if name.schema is not None:
        return Relation(name.schema.value, name.name.value)
    schemas = [schema for schema in path if schema not in _ANYONES]
    if name.role in ("call", "schema", "temporary") or not schemas:
        return Relation("", name.name.value)
    if name.role in ("create", "define"):
        return Relation(schemas[0], name.name.value)
    return Relation(staging if staging in schemas else schemas[0], name.name.value)
