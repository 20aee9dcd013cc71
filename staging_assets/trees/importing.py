"""A project made of a dump, or of any files of SQL."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from staging_assets.errors import ProjectError, SettingsError
from staging_assets.model import ETL, STAGING, ScriptFolders
from staging_assets.project import load_project, read_dump
from staging_assets.trees.files import Made, Writer
from staging_assets.trees.sorting import sort
from staging_assets.trees.writing import write_all

REPORT = "IMPORT.md"
_CUSTOM = (b"PGDMP", b"\x1f\x8b")


@dataclass(frozen=True)
class ImportOptions:
    """What is wanted of a dump.

    Args:
        schema: which of its schemas; None: the one in which most tables are made.
        department: whose POPULATE scripts its rows become.
        lookups, csv: patterns of tables whose rows go to the lookup YAML, or to CSV files.
        owners, privileges: whether owners and grants are taken.
        variables: values of parameters, by how the files spell them.
    """

    schema: str | None = None
    department: str = "main"
    lookups: Collection[str] = ()
    csv: Collection[str] = ()
    owners: bool = True
    privileges: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)


def find_dump_files(source: Path) -> list[Path]:
    """The files of SQL that a path means: itself, or those below it.

    Raises SettingsError when there is none, or one is a dump in another format than text.
    """
    if source.is_dir():
        paths = sorted(
            path
            for path in source.rglob("*")
            if path.is_file() and path.suffix.lower() == ".sql" and not _is_hidden(path, source)
        )
    else:
        paths = [source]
    if not paths:
        raise SettingsError(f"import: there is no .sql file in {source}. Name a dump.")
    for path in paths:
        try:
            with path.open("rb") as file:
                head = file.read(8)
        except OSError as error:
            raise SettingsError(f"import: {path}: {error.strerror}. Name a dump.") from None
        if head.startswith(_CUSTOM):
            packed = head.startswith(b"\x1f\x8b")
            way = f"gunzip {path}" if packed else f"pg_restore -f {path}.sql {path}"
            raise SettingsError(f"import: {path} is no text. Unpack it first: {way}")
    return paths


def run_import(source: Path, new: Path, options: ImportOptions) -> Made:
    """Make a project of files of SQL: all of it, or nothing.

    Args:
        source: a file, or a folder.
        new: the folder in which the project is made; nothing there is written over.

    Returns what was written, and what is left to a person.
    Raises ProjectError when the files cannot be read, SettingsError when the project cannot be
    written or nothing is in the files.
    """
    paths = find_dump_files(source)
    dump = read_dump(paths, options.schema, options.variables, STAGING)
    if dump.problems:
        raise ProjectError(dump.problems)
    if not dump.tables:
        named = f"no table in a schema {options.schema}" if options.schema else "no table"
        raise SettingsError(
            f"import: {source} makes {named}. Name a dump that does, and its schema by --schema."
        )
    if dump.schemas.staging == ETL:
        raise SettingsError(
            f"import: the schema {ETL} is that of the sources, and is not built. "
            "Name another by --schema, or give it another name in the dump."
        )
    found = sort(dump, owners=options.owners, privileges=options.privileges)
    writer = Writer(dump.schemas, options.department, options.lookups, options.csv)
    made = writer.write(dump, found)
    _check(made, writer)
    made.files[REPORT] = build_report(made)
    write_all(new, made.files, "import")
    return made


def build_report(made: Made) -> str:
    """What was done and what is left, as Markdown."""
    parts = (("Taken", made.taken), ("To know", made.known), ("For a person", made.left))
    listed = [
        "\n".join([f"## {title}", "", *(f"- {line}" for line in lines)])
        for title, lines in parts
        if lines
    ]
    return "\n\n".join(["# Imported", *listed]) + "\n"


def _check(made: Made, writer: Writer) -> None:
    """Load what is to be written: what is wrong in it is for a person."""
    with tempfile.TemporaryDirectory(prefix="staging-assets-import-") as folder:
        write_all(Path(folder), made.files, "import")
        sql = Path(folder) / "sql"
        (sql / "create_tables").mkdir(exist_ok=True)
        places = ScriptFolders(sql, schema_in_files=writer.schemas.staging)
        (sql / "populate_tables" / writer.department).mkdir(parents=True, exist_ok=True)
        try:
            project = load_project(places, writer.department)
        except ProjectError as error:
            told = [str(problem).replace(f"{folder}/", "") for problem in error.problems]
            made.left += told
            return
        for circle in project.circles:
            made.known.append(f"{', '.join(circle.tables)}: built together, by their foreign keys")


def _is_hidden(path: Path, above: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(above).parts)
