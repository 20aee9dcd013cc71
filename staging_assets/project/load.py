"""A folder of scripts as one model: tables, procedures, cleanups and the order between them."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from staging_assets.model import SchemaNames, ScriptFolders, ScriptPlaces, StagingProject
from staging_assets.project.declarations.checks.kinds import Kinds
from staging_assets.project.files import read_files
from staging_assets.project.gc_pause import no_garbage_search
from staging_assets.project.memory import ProjectMemory


@no_garbage_search()
def load_project(
    folders: ScriptPlaces | Path,
    department: str,
    kinds: Kinds = MappingProxyType({}),
    *,
    home: Path | None = None,
) -> StagingProject:
    """Read the scripts of one department.

    Args:
        folders: where they are, or the one folder that holds create_tables and its sisters.
        department: which folder of populate_tables fills the tables.
        kinds: the kinds of checks that staging.yaml may declare: `staging_assets.checks.KINDS`.
            Without them a declared check is a problem.
        home: where what the scripts say is remembered, so that it is not found out again as long
            as no file changes; None: nowhere.

    Raises ProjectError with every problem of the folder.
    """
    if isinstance(folders, Path):
        folders = ScriptFolders(folders)
    schemas = SchemaNames(folders.schema_in_files, folders.etl_schema)
    files = read_files(folders, department)
    memory = ProjectMemory(
        home, folders, files, department=department, schemas=schemas, kinds=kinds
    )
    found = memory.find()
    if found is None:
        # What reads scripts takes as long to import as a small folder to read.
        from staging_assets.project.assembly import assemble  # noqa: PLC0415 - slow

        found = assemble(folders, files, department, schemas, kinds)
        memory.save(found)
    return found
