"""What each node needs, from what its scripts name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from staging_assets.model import (
    SCHEMA_NODE,
    Relation,
    SchemaNames,
    cleanup_node,
    procedures_node,
)
from staging_assets.parser import Use
from staging_assets.project.declarations.staging_yaml import Config
from staging_assets.project.graph import DependencyGraph, Edge, Strength
from staging_assets.project.scripts.cleanup import CleanupCode, names_schema
from staging_assets.project.scripts.create import Creation
from staging_assets.project.scripts.routines import Routine, Routines
from staging_assets.project.scripts.script import Source

_READS = ("read", "mention", "parent", "spelled")
_TOUCHES = (*_READS, "write", "change", "truncate", "alter", "drop", "reference")
_NEEDS = ("read", "mention", "parent", "reference")
_SYSTEM = ("", "pg_catalog", "information_schema", "pg_temp", "pg_toast")


@dataclass
class FolderContents:
    """All that was read of a folder.

    Args:
        creations: table to what its CREATE script makes.
        populates: table to its POPULATE script.
        commons: the tables that a file makes, and its statements about several of them at once.
        procedures: file stem to script.
        cleanups: table to cleanup.
        routines: all functions and procedures.
        owners: name of any relation in `staging` to the table whose script makes it.
        made_by_procedures: name of a view and the like to the procedure node that makes it.
        unread: names of tables whose script could not be read.
        schemas: what scripts call the schemas.
    """

    schemas: SchemaNames

    creations: dict[str, Creation] = field(default_factory=dict)
    populates: dict[str, Source] = field(default_factory=dict)
    commons: Sequence[tuple[frozenset[str], Source]] = ()
    procedures: dict[str, Source] = field(default_factory=dict)
    cleanups: Mapping[str, CleanupCode] = field(default_factory=dict)
    routines: Routines = field(default_factory=lambda: Routines({}, ""))
    owners: dict[str, str] = field(default_factory=dict)
    made_by_procedures: dict[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    sources: dict[str, Source] = field(default_factory=dict)

    @property
    def nodes(self) -> list[str]:
        """All nodes, by name within their kind."""
        return [
            SCHEMA_NODE,
            *sorted(procedures_node(stem) for stem in self.procedures),
            *sorted(self.creations),
            *sorted(cleanup_node(table) for table in self.cleanups),
        ]

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The columns of the tables whose scripts list them all."""
        return {
            name: tuple(column.name for column in creation.columns)
            for name, creation in self.creations.items()
            if creation.complete
        }

    def position(self, edge: Edge) -> tuple[str, int, int]:
        """File, line and column that an edge comes from."""
        source = self.sources.get(edge.label)
        if source is None:
            return edge.label, max(1, edge.offset), edge.column
        return source.position(edge.offset)

    def find_commons(self, tables: Collection[str]) -> list[Source]:
        """What files say of several tables, where some of these are among them."""
        return [source for names, source in self.commons if not names.isdisjoint(tables)]

    def place(self, edge: Edge) -> str:
        """The same, as people read it."""
        return "{}:{}:{}".format(*self.position(edge))


def find_graph(parts: FolderContents, config: Config) -> DependencyGraph:
    """The edges between all nodes: declared ones, then those that the scripts give."""
    graph = DependencyGraph(parts.nodes)
    for node in parts.nodes:
        graph.add(Edge(node, SCHEMA_NODE, "declared", "", 0))
    for node, needs in config.dependencies:
        graph.add(Edge(node, needs.name, "declared", config.label, needs.line, needs.column))
    for name, creation in parts.creations.items():
        # A default, check or trigger runs when rows come in: what it reads is wanted by then.
        edges = _Edges(graph, parts, name, creation.source, creates=True)
        edges.add_all(creation.source.uses, later="soft")
        populate = parts.populates.get(name)
        if populate is not None:
            _Edges(graph, parts, name, populate).add_all(populate.uses)
    for tables, source in parts.commons:
        for name in sorted(tables & parts.creations.keys()):
            _Edges(graph, parts, name, source, together=tables).add_all(source.uses)
    for stem, source in parts.procedures.items():
        _add_procedures(graph, parts, stem, source)
    for table, code in parts.cleanups.items():
        _add_cleanup(graph, parts, table, code)
    return graph


class _Edges:
    """Adds the edges of one table that a script of it gives.

    Args:
        creates: whether that makes it.
        together: tables that are filled by the same statements, which do not wait for each other.
    """

    def __init__(
        self,
        graph: DependencyGraph,
        parts: FolderContents,
        node: str,
        source: Source,
        *,
        creates: bool = False,
        together: Collection[str] = (),
    ) -> None:
        self.graph, self.parts, self.node, self.source = graph, parts, node, source
        self.creates, self.together = creates, together
        parts.sources[source.script.key] = source

    def add(self, needs: str, offset: int, strength: Strength = "inferred") -> None:
        if needs not in self.together:
            self.graph.add(Edge(self.node, needs, strength, self.source.script.key, offset))

    def add_routine(self, routine: Routine, offset: int) -> None:
        """Add the script that creates a routine, and those that alter it."""
        for stem in (routine.stem, *sorted(routine.altered_in)):
            self.add(procedures_node(stem), offset)

    def add_all(self, uses: Iterable[Use], later: Strength = "inferred") -> None:
        """Add what `uses` name, and with strength `later` what the routines called read."""
        uses = list(uses)
        for use in uses:
            # Text that only happens to be a table's name makes no circle.
            strength: Strength = "soft" if use.kind == "data" else "inferred"
            if use.role == "reference" and use.within == "statement" and self.creates:
                strength = "key"
            for table in find_tables(self.parts, use, self.node):
                self.add(table, use.offset, strength)
        for routine, call in self.parts.routines.called(uses):
            self.add_routine(routine, call.offset)
            reach = self.parts.routines.reach([call])
            for other, use in reach.uses:
                self.add_routine(other, call.offset)
                for table in find_tables(self.parts, use, self.node):
                    self.add(table, call.offset, later)
            if reach.opaque is not None:
                self.add_words(call)

    def add_words(self, call: Use) -> None:
        """Tables whose bare names are strings in a script that calls a routine with EXECUTE."""
        for statement in self.source.statements:
            for token in statement.tokens:
                if token.kind == "string" and token.value[1:-1] in self.parts.creations:
                    self.add(token.value[1:-1], token.start)


def find_tables(parts: FolderContents, use: Use, node: str) -> Iterator[str]:
    """The nodes of the tables that a place touches; `lookup_%s` in dynamic SQL is many."""
    if use.relation.schema != parts.schemas.staging or use.role not in _TOUCHES:
        return
    name = use.relation.name
    if name in parts.owners:
        yield parts.owners[name]
    elif name in parts.made_by_procedures:
        yield parts.made_by_procedures[name]
    elif name.endswith("_") and use.within in ("dynamic", "format"):
        yield from (table for table in parts.creations if table.startswith(name))


def _add_procedures(
    graph: DependencyGraph, parts: FolderContents, stem: str, source: Source
) -> None:
    edges = _Edges(graph, parts, procedures_node(stem), source)
    for use in source.uses:
        if not use.lasting and use.role != "define":
            for table in find_tables(parts, use, ""):
                edges.add(table, use.offset)
    for routine, use in parts.routines.called(source.uses):
        strength: Strength = "soft" if use.lasting else "inferred"
        edges.add(procedures_node(routine.stem), use.offset, strength)


def _add_cleanup(
    graph: DependencyGraph, parts: FolderContents, table: str, code: CleanupCode
) -> None:
    node, label = cleanup_node(table), code.script.label
    graph.add(Edge(node, table, "declared", label, 1))
    for said in code.named:
        for use in (
            Use(role, said.relation, 0, "", "statement", False) for role in ("read", "call")
        ):
            for other in find_tables(parts, use, node):
                graph.add(Edge(node, other, "inferred", label, said.line))
            for routine, _ in parts.routines.called([use]):
                needs = [procedures_node(routine.stem)]
                for other_routine, inner in parts.routines.reach([use]).uses:
                    needs.append(procedures_node(other_routine.stem))
                    needs += find_tables(parts, inner, node)
                for other in needs:
                    graph.add(Edge(node, other, "inferred", label, said.line))
    if names_schema(code, parts.schemas.staging):
        for word, line in code.words:
            if word in parts.creations:
                graph.add(Edge(node, word, "inferred", label, line))


def find_sources(parts: FolderContents) -> dict[str, frozenset[Relation]]:
    """Node to the relations outside `staging` that it reads."""
    found: dict[str, set[Relation]] = {node: set() for node in parts.nodes}
    likely: dict[str, set[Relation]] = {node: set() for node in parts.nodes}
    system = (*_SYSTEM, parts.schemas.staging)

    def add(node: str, uses: Iterable[Use]) -> None:
        uses = list(uses)
        made = {use.relation for use in uses if use.role in ("create", "temporary")}
        for use in uses:
            relation = _find_elsewhere(parts, use)
            if relation.schema in system or relation in made:
                continue
            # Types in `public` are those of extensions, unless tables are read there too.
            if use.role == "spelled" or (use.kind == "type" and relation.schema == "public"):
                likely[node].add(relation)
            elif use.role in _NEEDS:
                found[node].add(relation)

    for name, creation in parts.creations.items():
        scripts = (creation.source, parts.populates.get(name), *parts.find_commons((name,)))
        for source in scripts:
            if source is not None:
                add(name, source.uses)
                add(name, (use for _, use in parts.routines.reach(source.uses).uses))
    for stem, source in parts.procedures.items():
        add(procedures_node(stem), (use for use in source.uses if not use.lasting))
    for table, code in parts.cleanups.items():
        likely[cleanup_node(table)] |= {said.relation for said in code.named}
    schemas = {relation.schema for relations in found.values() for relation in relations}
    for node, relations in likely.items():
        found[node] |= {relation for relation in relations if relation.schema in schemas}
    return {node: frozenset(relations) for node, relations in found.items()}


def _find_elsewhere(parts: FolderContents, use: Use) -> Relation:
    """What a use names; without a schema, in the other schemas of the path if not in `staging`."""
    relation = use.relation
    staging = parts.schemas.staging
    if not use.bare or relation.schema != staging or use.role != "read":
        return relation
    known = relation.name in parts.owners or relation.name in parts.made_by_procedures
    others = [schema for schema in use.path if schema not in (*_SYSTEM, staging, "public", "$user")]
    return relation if known or not others else Relation(others[0], relation.name)
