"""The model of a folder, put together from what was read of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from staging_assets.errors import ProjectError
from staging_assets.model import (
    Cleanup,
    Content,
    Kind,
    Procedures,
    SchemaNames,
    ScriptPlaces,
    StagingConfig,
    StagingProject,
    Table,
)
from staging_assets.parser import fold
from staging_assets.project.check_edges import find_check_edges, find_early_checks
from staging_assets.project.circles import (
    find_circle,
    find_commons,
    find_early_reads,
    find_fills,
    tell_cycle,
    tell_declared,
    tell_fills,
)
from staging_assets.project.content.fingerprints import hash_texts
from staging_assets.project.contents import find_contents
from staging_assets.project.declarations.checks.kinds import Kinds
from staging_assets.project.declarations.staging_yaml import find_checks
from staging_assets.project.dependencies import find_graph, find_sources
from staging_assets.project.file_reader import Files
from staging_assets.project.lineage.lineage import Lineage
from staging_assets.project.pairs import join_cleanups, join_sources
from staging_assets.project.reading import FolderReader
from staging_assets.project.scripts.populate import (
    find_in_place,
    find_in_place_by_keys,
    find_in_place_by_triggers,
    find_keeps_indexes,
    find_keeps_keys,
)


def assemble(
    folders: ScriptPlaces, files: Files, department: str, schemas: SchemaNames, kinds: Kinds
) -> StagingProject:
    """Read all that the files say, and put it together.

    Args:
        folders: where the files are.
        files: those of the department.
        department: which folder of populate_tables fills the tables.
        schemas: what the scripts call the schemas.
        kinds: the kinds of checks that staging.yaml may declare.

    Raises ProjectError with every problem of the folder.
    """
    read = FolderReader(files, department, schemas, folders.variables)
    schemas = read.schemas
    read.read()
    columns = read.parts.columns
    tables = {name: _find_table(read, name, columns) for name in read.parts.creations}
    # A cleanup that only other departments have may be named in what is said for all of them.
    cleaned = {*read.cleanups, *read.files.cleaned}
    checks, problems = find_checks(read.config, tables, cleaned, kinds, schemas)
    graph = find_graph(read.parts, read.config)
    for edge in find_check_edges(checks):
        graph.add(edge)
    passed_over = graph.pass_over_declared()
    graph.drop_contradicted()
    for fill in find_fills(read.parts):
        graph.add(fill)
        graph.add(replace(fill, node=fill.needs, needs=fill.node))
    for edge in find_commons(read.parts):
        graph.add(edge)
    together = graph.join_circles(tables)
    circles = [find_circle(read.parts, tables, names) for names in together]
    problems += find_early_checks(checks, graph, together)
    problems += [each for circle in circles for each in find_early_reads(read.parts, circle)]
    problems += [tell_cycle(read.parts, cycle) for cycle in graph.find_cycles()]
    if read.problems or problems:
        raise ProjectError([*read.problems, *problems])
    later = join_cleanups(graph, read.parts, together)
    order = graph.find_order(read.config.priorities, together)
    sources = join_sources(find_sources(read.parts), read.parts, later)
    contents = find_contents(read.parts, read.lookups, sources)
    return StagingProject(
        sql_dir=folders.sql_dir,
        department=department,
        tables=tables,
        procedures={stem: _find_procedures(read, stem) for stem in read.parts.procedures},
        cleanups={
            table: Cleanup(table, code.script, _find_cleanup_column(read, table), later.get(table))
            for table, code in read.cleanups.items()
        },
        dependencies={node: frozenset(graph.edges[node]) for node in order},
        sources=sources,
        fingerprints={node: _find_fingerprint(contents[node]) for node in order},
        contents={node: contents[node] for node in order},
        schemas=schemas,
        shadowed=tuple(read.files.shadowed),
        circles=tuple(circles),
        notes=(*tell_declared(read.parts, passed_over), *tell_fills(circles)),
        config=StagingConfig(
            priorities=read.config.priorities,
            descriptions=read.config.descriptions,
            owners=read.config.owners,
            tags=read.config.tags,
            kinds=read.config.kinds,
            checks=checks,
            csv=read.config.csv,
            sources=tuple(read.config.sources),
            variables=read.dialect.variables,
        ),
    )


def _find_table(read: FolderReader, name: str, columns: Mapping[str, tuple[str, ...]]) -> Table:
    creation = read.parts.creations[name]
    populate = read.parts.populates.get(name)
    lookup = read.lookups.get(name)
    in_place = keeps_keys = keeps_indexes = None
    if name in read.config.in_place:
        where = read.config.in_place[name]
        in_place = f"{read.config.label}:{where.line}: declared"
    elif creation.is_view:
        in_place = "it is a view"
    elif populate is not None:
        in_place = find_in_place(
            populate,
            name,
            creation.own,
            read.parts.owners,
            read.parts.routines.reach(populate.uses),
        )
    if in_place is None and (populate is not None or lookup is not None):
        reach = read.parts.routines.reach(creation.source.uses)
        in_place = find_in_place_by_triggers(creation, reach)
    if in_place is None and populate is not None:
        in_place = find_in_place_by_keys(populate, creation)
    if populate is not None:
        keeps_keys = find_keeps_keys(populate, creation.own)
        keeps_indexes = find_keeps_indexes(populate)
    of_lookups = lookup is not None or (name.startswith("lookup_") and populate is None)
    return Table(
        name=name,
        create=creation.source.script,
        populate=populate.script if populate else None,
        lookup=lookup,
        kind=Kind.LOOKUP if of_lookups else Kind.TABLE,
        columns=creation.columns,
        comment=creation.comment,
        own=creation.own,
        foreign_keys=frozenset(
            read.parts.owners[key] for key in creation.foreign_keys if key in read.parts.owners
        )
        - {name},
        in_place=in_place,
        seeded=creation.seeds,
        bare=creation.source.is_bare or (populate is not None and populate.is_bare),
        keeps_keys=keeps_keys,
        keeps_indexes=keeps_indexes,
        lineage=Lineage(name, populate.script.text, read.schemas, columns) if populate else {},
    )


def _find_procedures(read: FolderReader, stem: str) -> Procedures:
    functions = frozenset(routine.name for routine in read.parts.routines.by_stem[stem])
    return Procedures(stem, read.parts.procedures[stem].script, functions)


def _find_cleanup_column(read: FolderReader, table: str) -> str | None:
    placed = read.config.cleanups.get(table)
    if placed is None:
        return None
    names = {column.name for column in read.parts.creations[table].columns}
    return placed.name if placed.name in names else fold(placed.name)


def _find_fingerprint(content: Content) -> str:
    return hash_texts(text for part in sorted(content.parts.items()) for text in part)
