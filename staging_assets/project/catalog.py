"""A folder of scripts as one model: tables, procedures, cleanups and the order between them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from staging_assets.errors import Problem, ProjectError
from staging_assets.project.check_edges import find_check_edges
from staging_assets.project.cleanup import CleanupCode, read_cleanup
from staging_assets.project.config import Config, Known, find_checks, read_config
from staging_assets.project.creation import find_creation
from staging_assets.project.dependencies import Parts, find_graph, find_sources
from staging_assets.project.faults import find_faults
from staging_assets.project.filling import find_in_place, find_keeps_keys
from staging_assets.project.graph import Edge, Graph
from staging_assets.project.lineage import Lineage
from staging_assets.project.lookups import add_rows, read_lookups
from staging_assets.project.model import (
    SCHEMA_NODE,
    Cleanup,
    Kind,
    Lookup,
    Procedures,
    Script,
    StagingConfig,
    StagingProject,
    Table,
)
from staging_assets.project.routines import Routines
from staging_assets.project.scripts import Files, Named, read_files
from staging_assets.project.source import Source
from staging_assets.project.tokens import fold


def load_project(sql_dir: Path, department: str) -> StagingProject:
    """Read a folder of scripts for one department.

    Args:
        sql_dir: the folder that holds create_tables and its sisters.
        department: which folder of populate_tables fills the tables.

    Raises ProjectError with every problem of the folder.
    """
    files = read_files(sql_dir, department)
    loading = _Loading(files, department)
    loading.read()
    if loading.problems:
        raise ProjectError(loading.problems)
    return loading.build(sql_dir)


class _Loading:
    """One load: what has been read so far, and what is wrong with it."""

    def __init__(self, files: Files, department: str) -> None:
        self.files, self.department = files, department
        self.problems: list[Problem] = list(files.problems)
        self.parts = Parts()
        self.lookups: dict[str, Lookup] = {}
        self.cleanups: dict[str, CleanupCode] = {}
        self.config = Config()
        self.graph = Graph(())
        self.tables: dict[str, Table] = {}

    def read(self) -> None:
        """Read everything; `problems` is empty afterwards when the project can be built."""
        self.read_creates()
        self.read_procedures()
        self.read_lookups()
        self.read_populates()
        self.read_cleanups()
        self.read_config()
        self.tables = {name: self.find_table(name) for name in self.parts.creations}
        self.find_order()

    def read_source(self, script: Script) -> Source | None:
        source = Source(script)
        if source.problem is not None:
            self.problems.append(source.problem)
            return None
        self.problems += find_faults(source)
        return source

    def read_creates(self) -> None:
        for named in self.files.creates:
            source = self.read_source(named.script)
            if source is None:
                self.parts.unread.add(fold(named.table))
                continue
            creation, problems = find_creation(source, named.table)
            self.problems += problems
            if creation is None:
                self.parts.unread.add(fold(named.table))
            elif creation.name in self.parts.creations:
                first = self.parts.creations[creation.name].source.script.label
                what = f"creates {creation.name}, as {first} does"
                self.problems.append(source.note(0, what, "Remove one of the two scripts"))
            else:
                self.parts.creations[creation.name] = creation
                for name in sorted(creation.own):
                    self.parts.owners.setdefault(name, creation.name)
        if SCHEMA_NODE in self.parts.creations:
            source = self.parts.creations[SCHEMA_NODE].source
            what = f"a table called {SCHEMA_NODE} collides with the asset of the schema itself"
            self.problems.append(source.note(0, what, "Give the table another name"))

    def read_procedures(self) -> None:
        for script in self.files.procedures:
            source = self.read_source(script)
            if source is not None:
                self.parts.procedures[script.path.stem] = source
        self.parts.routines = Routines(self.parts.procedures)

    def read_lookups(self) -> None:
        for index, script in enumerate(self.files.lookups):
            found, problems = read_lookups(script, self.parts.creations, self.parts.unread)
            if index:
                self.lookups, more = add_rows(self.lookups, found)
                problems += more
            else:
                self.lookups = found
            self.problems += problems

    def find_named(self, named: Named) -> str | None:
        """The table that a POPULATE script or a cleanup is for."""
        for name in (named.table, fold(named.table)):
            if name in self.parts.creations:
                return name
        alike = [name for name in self.parts.creations if name.lower() == named.table.lower()]
        return alike[0] if len(alike) == 1 else None

    def match(self, named: Named, taken: Mapping[str, Source | CleanupCode]) -> str | None:
        """The same, unless another script is there for that table; notes what is wrong."""
        label = named.script.label
        table = self.find_named(named)
        if table is None:
            if fold(named.table) not in self.parts.unread:
                todo = f"Add create_tables/CREATE-staging-{named.table}.sql, or remove this script"
                what = f"no script creates {named.table}"
                self.problems.append(Problem(label, 1, 1, what, todo))
            return None
        if table in taken:
            what = f"a second script for {table}, besides {taken[table].script.label}"
            self.problems.append(Problem(label, 1, 1, what, "Remove one of the two"))
            return None
        return table

    def read_populates(self) -> None:
        for named in self.files.populates:
            source = self.read_source(named.script)
            table = self.match(named, self.parts.populates)
            if source is None or table is None:
                continue
            self.parts.populates[table] = source
            if table in self.lookups:
                lookup = self.lookups[table]
                what = f"{table} is filled by this script and by {lookup.label}:{lookup.line}"
                self.problems.append(source.note(0, what, "Remove one of the two"))

    def read_cleanups(self) -> None:
        for named in self.files.cleanups:
            code, problem = read_cleanup(named.script)
            if problem is not None:
                self.problems.append(problem)
            table = self.match(named, self.cleanups)
            if table is None:
                continue
            self.cleanups[table] = code
            if f"{table}_cleanup" in self.parts.creations:
                what = f"the asset of this cleanup collides with the table {table}_cleanup"
                todo = "Give the table another name"
                self.problems.append(Problem(named.script.label, 1, 1, what, todo))
        self.parts.cleanups = self.cleanups

    def read_config(self) -> None:
        if self.files.config is None:
            return
        known = Known(
            nodes=self.parts.nodes,
            elsewhere=[f"{table}_cleanup" for table in self.files.cleaned],
            tables=[*self.parts.creations, *self.parts.unread],
            cleaned=self.cleanups,
            departments=self.files.departments,
        )
        self.config = read_config(self.files.config, self.department, known)
        self.problems += self.config.problems
        for table, column in self.config.cleanups.items():
            creation = self.parts.creations.get(table)
            if table not in self.cleanups or creation is None or not creation.complete:
                continue
            names = {each.name for each in creation.columns} | self.cleanups[table].added
            if column.name not in names and fold(column.name) not in names:
                what = f"{table} has no column {column.name!r}, which its cleanup should fill"
                todo = f"Name one of its columns: {', '.join(sorted(names)) or 'none'}"
                where = (self.config.label, column.line, column.column)
                self.problems.append(Problem(*where, what, todo))

    def find_table(self, name: str) -> Table:
        creation = self.parts.creations[name]
        populate = self.parts.populates.get(name)
        lookup = self.lookups.get(name)
        in_place = keeps_keys = None
        if name in self.config.in_place:
            where = self.config.in_place[name]
            in_place = f"{self.config.label}:{where.line}: declared"
        elif creation.is_view:
            in_place = "it is a view"
        elif populate is not None:
            in_place = find_in_place(
                populate,
                name,
                creation.own,
                self.parts.owners,
                self.parts.routines.reach(populate.uses),
            )
        if populate is not None:
            keeps_keys = find_keeps_keys(populate, creation.own)
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
                self.parts.owners[key] for key in creation.foreign_keys if key in self.parts.owners
            )
            - {name},
            in_place=in_place,
            keeps_keys=keeps_keys,
            lineage=Lineage(name, populate.script.text, self.parts.columns) if populate else {},
        )

    def find_order(self) -> None:
        cleaned = {*self.cleanups, *self.files.cleaned}
        checks, problems = find_checks(self.config, self.tables, cleaned)
        self.problems += problems
        self.checks = checks
        self.graph = find_graph(self.parts, self.config)
        for edge in find_check_edges(checks):
            self.graph.add(edge)
        self.graph.drop_contradicted()
        for cycle in self.graph.find_cycles():
            self.problems.append(self.tell_cycle(cycle))

    def tell_cycle(self, cycle: list[Edge]) -> Problem:
        way = " -> ".join([cycle[0].node, *(edge.needs for edge in cycle)])
        reasons = "; ".join(
            f"{edge.node} needs {edge.needs} ({self.parts.place(edge)})" for edge in cycle
        )
        label, line, column = self.parts.position(cycle[0])
        what = f"these wait for each other: {way}: {reasons}"
        todo = "Remove one of them, or say under `dependencies` in staging.yaml which comes first"
        return Problem(label, line, column, what, todo)

    def build(self, sql_dir: Path) -> StagingProject:
        order = self.graph.find_order(self.config.priorities)
        return StagingProject(
            sql_dir=sql_dir,
            department=self.department,
            tables=self.tables,
            procedures={
                stem: Procedures(
                    name=stem,
                    script=source.script,
                    functions=frozenset(each.name for each in self.parts.routines.by_stem[stem]),
                )
                for stem, source in self.parts.procedures.items()
            },
            cleanups={
                table: Cleanup(table, code.script, self.find_cleanup_column(table))
                for table, code in self.cleanups.items()
            },
            dependencies={node: frozenset(self.graph.edges[node]) for node in order},
            sources=find_sources(self.parts),
            fingerprints={node: self.find_fingerprint(node) for node in order},
            config=StagingConfig(
                priorities=self.config.priorities,
                descriptions=self.config.descriptions,
                owners=self.config.owners,
                checks=self.checks,
            ),
        )

    def find_cleanup_column(self, table: str) -> str | None:
        placed = self.config.cleanups.get(table)
        if placed is None:
            return None
        names = {column.name for column in self.parts.creations[table].columns}
        return placed.name if placed.name in names else fold(placed.name)

    def find_fingerprint(self, node: str) -> str:
        texts: list[str] = []
        if node in self.tables:
            table = self.tables[node]
            texts += ["create", table.create.text]
            texts += ["populate", table.populate.text] if table.populate else []
            texts += ["lookup", table.lookup.sha256] if table.lookup else []
        elif node.startswith("stored_procedures/"):
            texts.append(self.parts.procedures[node.split("/", 1)[1]].script.text)
        elif node != SCHEMA_NODE:
            texts.append(self.cleanups[node.removesuffix("_cleanup")].script.text)
        digest = hashlib.sha256()
        for text in texts:
            data = text.encode()
            digest.update(b"%d:" % len(data))
            digest.update(data)
        return digest.hexdigest()
