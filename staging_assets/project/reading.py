"""The scripts of a folder read one kind after the other, and all that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from staging_assets.errors import Problem
from staging_assets.model import (
    SCHEMA_NODE,
    Lookup,
    SchemaNames,
    Script,
    cleanup_node,
    procedures_node,
)
from staging_assets.parser import fold
from staging_assets.project.creates import read_creations
from staging_assets.project.declarations.dialect import read_dialect
from staging_assets.project.declarations.lookups import add_rows, read_lookups
from staging_assets.project.declarations.staging_yaml import Config, Known, read_config
from staging_assets.project.dependencies import FolderContents
from staging_assets.project.file_reader import Files, Named
from staging_assets.project.scripts.cleanup import CleanupCode, read_cleanup
from staging_assets.project.scripts.forbidden import find_faults
from staging_assets.project.scripts.partitions import find_foreign_partitions
from staging_assets.project.scripts.psql import Values, is_variable_name, read_as_psql
from staging_assets.project.scripts.routines import Routines
from staging_assets.project.scripts.script import Source


class FolderReader:
    """One load: what has been read so far, and what is wrong with it."""

    def __init__(
        self,
        files: Files,
        department: str,
        schemas: SchemaNames,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.files, self.department = files, department
        self.dialect = read_dialect(files.config, department, variables or {})
        self.schemas = schemas = replace(schemas, path=self.dialect.search_path)
        self.problems: list[Problem] = list(files.problems)
        self.parts = FolderContents(schemas)
        self.lookups: dict[str, Lookup] = {}
        self.cleanups: dict[str, CleanupCode] = {}
        self.config = Config()
        self.routines: list[Source] = []
        names = self.dialect.variables
        self.values = Values(
            {name: value for name, value in names.items() if is_variable_name(name)},
            {name: value for name, value in names.items() if not is_variable_name(name)},
        )
        self.problems += self.dialect.problems

    def read(self) -> None:
        """Read all files; what is wrong with one keeps no other from being read."""
        self._read_creates()
        self._read_procedures()
        self._read_lookups()
        self._read_populates()
        self._read_cleanups()
        self._check_partitions()
        self._read_config()

    def _read_source(self, script: Script) -> Source | None:
        source, problems = self._read_one(script)
        self.problems += problems
        return source

    def _read_one(self, script: Script) -> tuple[Source | None, list[Problem]]:
        script, problems = read_as_psql(script, self.values, self.files.included)
        source = Source(script, self.schemas)
        if source.problem is not None:
            return None, [*problems, source.problem]
        return source, [*problems, *find_faults(source)]

    def _read_creates(self) -> None:
        found = read_creations(self.files, self.schemas, self._read_one)
        self.problems += found.problems
        self.parts.creations, self.parts.unread = found.by_table, found.unread
        self.parts.commons, self.routines = found.commons, found.routines
        for creation in found.by_table.values():
            for name in sorted(creation.own):
                self.parts.owners.setdefault(name, creation.name)
        if SCHEMA_NODE in self.parts.creations:
            source = self.parts.creations[SCHEMA_NODE].source
            what = f"a table called {SCHEMA_NODE} collides with the asset of the schema itself"
            self.problems.append(source.note(0, what, "Give the table another name"))

    def _read_procedures(self) -> None:
        own = [self._read_source(script) for script in self.files.procedures]
        for source in (*own, *self.routines):
            if source is None:
                continue
            part = source.script.part
            stem = f"{source.script.path.stem}-{part}" if part else source.script.path.stem
            if stem in self.parts.procedures:
                what = f"a second script called {stem}"
                self.problems.append(source.note(0, what, "Give it another name"))
            self.parts.procedures[stem] = source
        self.parts.routines = Routines(self.parts.procedures, self.schemas.staging)
        for stem, source in self.parts.procedures.items():
            for use in source.uses:
                if use.role == "create" and source.is_own(use) and not use.lasting:
                    node = procedures_node(stem)
                    self.parts.made_by_procedures.setdefault(use.relation.name, node)

    def _read_lookups(self) -> None:
        for index, script in enumerate(self.files.lookups):
            found, problems = read_lookups(
                script, self.parts.creations, self.parts.unread, self.schemas
            )
            if index:
                self.lookups, more = add_rows(self.lookups, found)
                problems += more
            else:
                self.lookups = found
            self.problems += problems

    def _find_named(self, named: Named) -> str | None:
        """The table that a POPULATE script or a cleanup is for."""
        for name in (named.table, fold(named.table)):
            if name in self.parts.creations:
                return name
        alike = [name for name in self.parts.creations if name.lower() == named.table.lower()]
        return alike[0] if len(alike) == 1 else None

    def _match(self, named: Named, taken: Mapping[str, Source | CleanupCode]) -> str | None:
        """The same, unless another script is there for that table; notes what is wrong."""
        label = named.script.label
        table = self._find_named(named)
        if table is None:
            if fold(named.table) not in self.parts.unread:
                file = self.schemas.create_file(named.table)
                todo = f"Add create_tables/{file}, or remove this script"
                what = f"no script creates {named.table}"
                self.problems.append(Problem(label, 1, 1, what, todo))
            return None
        if table in taken:
            what = f"a second script for {table}, besides {taken[table].script.label}"
            self.problems.append(Problem(label, 1, 1, what, "Remove one of the two"))
            return None
        return table

    def _read_populates(self) -> None:
        for named in self.files.populates:
            source = self._read_source(named.script)
            table = self._match(named, self.parts.populates)
            if source is None or table is None:
                continue
            self.parts.populates[table] = source
            if table in self.lookups:
                lookup = self.lookups[table]
                what = f"{table} is filled by this script and by {lookup.label}:{lookup.line}"
                self.problems.append(source.note(0, what, "Remove one of the two"))

    def _check_partitions(self) -> None:
        parts = self.parts
        creates = [creation.source for creation in parts.creations.values()]
        for source in (*creates, *parts.populates.values(), *parts.procedures.values()):
            self.problems += find_foreign_partitions(source, parts.owners)

    def _read_cleanups(self) -> None:
        for named in self.files.cleanups:
            code, problem = read_cleanup(named.script)
            if problem is not None:
                self.problems.append(problem)
            table = self._match(named, self.cleanups)
            if table is None:
                continue
            self.cleanups[table] = code
            if cleanup_node(table) in self.parts.creations:
                what = f"the asset of this cleanup collides with the table {table}_cleanup"
                todo = "Give the table another name"
                self.problems.append(Problem(named.script.label, 1, 1, what, todo))
        self.parts.cleanups = self.cleanups

    def _read_config(self) -> None:
        if self.files.config is None:
            return
        known = Known(
            nodes=self.parts.nodes,
            elsewhere=[cleanup_node(table) for table in self.files.cleaned],
            tables=[*self.parts.creations, *self.parts.unread],
            cleaned=self.cleanups,
            departments=self.files.departments,
            schemas=self.schemas,
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
