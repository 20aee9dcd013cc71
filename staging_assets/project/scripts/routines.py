"""Functions and procedures: what a call of one reaches, through others as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from staging_assets.model import Relation
from staging_assets.parser import Use, is_opaque, share_body_paths
from staging_assets.project.scripts.script import Source


@dataclass(frozen=True)
class Routine:
    """One function or procedure as its CREATE statement says it.

    Args:
        name: its name; overloads are several routines of one name.
        stem: of the file that creates it.
        source: that file.
        head: what stands outside its body, or in a body of standard SQL: needed to create it.
        body: what its body names: needed when it is called.
        opaque: whether its body puts SQL together while it runs.
        has_path: whether it has a `search_path` of its own; else the caller's holds.
        altered_in: stems of other files that alter it, before anything calls it.
    """

    name: Relation
    stem: str
    source: Source
    head: tuple[Use, ...]
    body: tuple[Use, ...]
    opaque: bool
    has_path: bool = False
    altered_in: frozenset[str] = frozenset()

    def called_in(self, path: tuple[str, ...]) -> Routine:
        """The same, called where names without a schema are looked up in `path`."""
        schemas = self.source.schemas
        if self.has_path or schemas.staging not in path:
            return self
        return replace(self, body=tuple(_move(use, path, schemas.staging) for use in self.body))


@dataclass(frozen=True)
class Reach:
    """All that some calls reach: the routines, the first of which are called directly."""

    routines: tuple[Routine, ...]

    @property
    def opaque(self) -> Routine | None:
        """A routine among them that puts SQL together while it runs."""
        return next((routine for routine in self.routines if routine.opaque), None)

    @property
    def uses(self) -> Iterator[tuple[Routine, Use]]:
        """What they name in their heads and bodies."""
        for routine in self.routines:
            for use in (*routine.head, *routine.body):
                yield routine, use


class Routines:
    """All routines of a folder, by name.

    Args:
        sources: file stem to script.
        staging: what scripts call the schema that is built.
    """

    def __init__(self, sources: Mapping[str, Source], staging: str) -> None:
        self._staging = staging
        share_body_paths([source.statements for source in sources.values()])
        self._by_name: dict[Relation, list[Routine]] = {}
        self.by_stem: dict[str, list[Routine]] = {stem: [] for stem in sources}
        altered = _find_altered(sources)
        for stem, source in sources.items():
            for made in find_routines(stem, source):
                others = altered.get(made.name, frozenset()) - {stem}
                routine = replace(made, altered_in=others) if others else made
                self.by_stem[stem].append(routine)
                for name in _names(routine.name):
                    self._by_name.setdefault(name, []).append(routine)

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def called(self, uses: Iterable[Use]) -> Iterator[tuple[Routine, Use]]:
        """The routines that are called, or named by a string or a trigger, in `uses`."""
        for use in uses:
            if use.role in ("call", "mention", "spelled", "alter"):
                found = self._by_name.get(use.relation, ())
                if not found and use.bare and self._staging in use.path:
                    found = self._by_name.get(Relation(self._staging, use.relation.name), ())
                for routine in found:
                    yield routine, use

    def reach(self, uses: Iterable[Use]) -> Reach:
        """Everything that the calls in `uses` reach."""
        found: dict[int, Routine] = {}
        waiting = [(routine, use.path) for routine, use in self.called(uses)]
        while waiting:
            routine, path = waiting.pop(0)
            if id(routine) not in found:
                here = found[id(routine)] = routine.called_in(path)
                inner = self.called((*here.head, *here.body))
                waiting += [(each, use.path or path) for each, use in inner]
        return Reach(tuple(found.values()))


def find_routines(stem: str, source: Source) -> Iterator[Routine]:
    """The routines that a script creates."""
    for statement in source.statements:
        name = next((use.relation for use in statement.uses if use.role == "define"), None)
        if name is None:
            continue
        uses = [use for use in statement.uses if use.role != "define"]
        yield Routine(
            name=name,
            stem=stem,
            source=source,
            head=tuple(use for use in uses if not use.lasting),
            body=tuple(use for use in uses if use.lasting),
            opaque=is_opaque(statement),
            has_path=statement.body_path is not None,
        )


def _find_altered(sources: Mapping[str, Source]) -> dict[Relation, frozenset[str]]:
    """The files that alter a routine, by its name."""
    found: dict[Relation, frozenset[str]] = {}
    for stem, source in sources.items():
        for use in source.uses:
            if use.role == "alter" and use.kind in ("function", "procedure", "routine"):
                found[use.relation] = found.get(use.relation, frozenset()) | {stem}
    return found


def _move(use: Use, path: tuple[str, ...], staging: str) -> Use:
    """A use in a body, whose names without a schema are looked up in `path`."""
    if not use.bare or use.relation.schema:
        return use
    tables = use.role not in ("call", "schema", "temporary")
    relation = Relation(staging, use.relation.name) if tables else use.relation
    return use._replace(relation=relation, path=path)


def _names(name: Relation) -> tuple[Relation, ...]:
    """The ways to call it: what has no schema is created in, and found in, public."""
    if name.schema in ("", "public"):
        return (Relation("", name.name), Relation("public", name.name))
    return (name,)
