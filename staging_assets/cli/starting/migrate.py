"""`staging-assets migrate`: a luigi tree as a folder of scripts, and what a person has to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import click
import yaml

from staging_assets.checks import KINDS
from staging_assets.cli.starting.migration.luigi import LuigiSettings, read_luigi
from staging_assets.cli.starting.migration.mending import Mended, mend_python, mend_sql
from staging_assets.cli.starting.migration.tree import OldTree, find_tree, read_text
from staging_assets.errors import ProjectError, SettingsError
from staging_assets.project import load_project
from staging_assets.settings import StagingSchema, check_department

EXIT_LEFT = 2


@dataclass
class _Report:
    """What was done, and what is left; sentences."""

    taken: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def add(self, mended: Mended) -> str:
        self.mended += mended.done
        self.left += mended.left
        return mended.text

    def build_text(self) -> str:
        parts = (("Taken", self.taken), ("Mended", self.mended), ("For a person", self.left))
        listed = [
            "\n".join([f"## {title}", "", *(f"- {line}" for line in lines)])
            for title, lines in parts
            if lines
        ]
        return "\n\n".join(["# From luigi", *listed]) + "\n"


@click.command(
    epilog="\b\nExit codes: 0 the new folder can be built, 2 a person has to look at it first."
)
@click.argument("old", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--department",
    default="main",
    show_default=True,
    help="of POPULATE scripts that lie in no folder of a department",
)
def migrate(old: Path, new: Path, department: str) -> int:
    """Make a project in NEW of the luigi tree in OLD, which stays as it is.

    Scripts are copied to their places, `%%` becomes `%` as it did under luigi, print statements
    become calls, priorities and cleanups go to staging.yaml, and what luigi.cfg says to
    settings.env. NEW/MIGRATION.md says what was done and what is left to do.
    """
    check_department(department, "--department")
    old, new = old.resolve(), new.resolve()
    if new.exists() and any(new.iterdir()):
        raise SettingsError(f"migrate: {new} is not empty. Name another folder.")
    if old in (new, *new.parents):
        raise SettingsError(f"migrate: {new} is inside {old}. Name a folder outside it.")
    tree = find_tree(old, department)
    if not tree.creates:
        raise SettingsError(
            f"migrate: there is no CREATE script in {old}. Name the folder that holds them all."
        )
    modules = {tree.show(path): read_text(path) for path in tree.modules}
    configurations = {tree.show(path): read_text(path) for path in tree.configurations}
    luigi = read_luigi(modules, configurations)
    report = _Report(left=list(luigi.notes))
    _copy_scripts(tree, new / "sql", luigi, report)
    departments = sorted(tree.populates) or [department]
    _write(new / "settings.env", _build_settings(luigi, departments))
    _load(new, luigi, departments, report)
    _write(new / "MIGRATION.md", report.build_text())
    print(report.build_text())
    print(
        f"This is in {new}/MIGRATION.md. Now:\n\n    cd {new}\n    set -a; . ./settings.env; set +a"
    )
    print("    staging-assets build")
    return EXIT_LEFT if report.left else 0


def _copy_scripts(tree: OldTree, sql: Path, luigi: LuigiSettings, report: _Report) -> None:
    copies = [
        *((path, sql / "create_tables" / path.name) for path in tree.creates),
        *((path, sql / "create_stored_procedures" / path.name) for path in tree.procedures),
        *(
            (path, sql / "populate_tables" / department / path.name)
            for department, paths in tree.populates.items()
            for path in paths
        ),
    ]
    for path, place in copies:
        if place.exists():
            report.left.append(
                f"{tree.show(path)}: another file has gone to {place.name} before it"
            )
            continue
        _write(place, report.add(mend_sql(read_text(path), tree.show(path))))
    for path in tree.lookups:
        place = sql / "populate_tables" / "lookup" / "lookup_tables.yaml"
        if place.exists():
            report.left.append(
                f"{tree.show(path)}: more lookup rows. Name both files in STAGING_LOOKUP_FILE"
            )
            continue
        _write(place, read_text(path))
    counts = {
        "CREATE scripts": len(tree.creates),
        "scripts of procedures": len(tree.procedures),
        "lookup files": min(1, len(tree.lookups)),
    }
    report.taken += [f"{count} {what}" for what, count in counts.items() if count]
    report.taken += [
        f"{len(paths)} POPULATE scripts of {department}"
        for department, paths in tree.populates.items()
    ]
    report.left += [
        f"{tree.show(path)}: it is no script by its name, and was left out" for path in tree.others
    ]
    _copy_cleanups(tree, sql, luigi, report)
    declared: dict[str, object] = {}
    if luigi.priorities:
        declared["priorities"] = dict(sorted(luigi.priorities.items(), key=lambda each: -each[1]))
    columns = {table: column for table, (_, column) in luigi.cleanups.items() if column}
    if columns:
        declared["cleanups"] = columns
    if declared:
        _write(sql / "staging.yaml", yaml.safe_dump(declared, sort_keys=False))


def _copy_cleanups(tree: OldTree, sql: Path, luigi: LuigiSettings, report: _Report) -> None:
    """Each to the departments that fill its table."""
    for table, (path, _) in luigi.cleanups.items():
        source = _find_cleanup(tree, path)
        if source is None:
            report.left.append(f"{path}: the cleanup of {table} is not there")
            continue
        text = report.add(mend_python(read_text(source), tree.show(source)))
        if "%%" in text:
            report.left.append(
                f"{tree.show(source)}: write % for %% in what goes to the server without arguments"
            )
        filling = [
            department
            for department, paths in tree.populates.items()
            if any(each.stem.lower().endswith(f"-{table.lower()}") for each in paths)
        ]
        for department in filling or sorted(tree.populates):
            name = f"{luigi.schema_in_file}-{table}-cleanup.py"
            _write(sql / "populate_tables" / department / name, text)
        report.taken.append(f"the cleanup of {table}: {tree.show(source)}")


def _find_cleanup(tree: OldTree, path: str) -> Path | None:
    """The file of a cleanup, which was written as a path or as the name of a module."""
    spelled = path.replace(".", "/") + ".py" if not path.endswith(".py") else path
    tail = Path(spelled).parts
    tail = tuple(part for part in tail if part not in (".", ".."))
    found = sorted(tree.root.rglob(tail[-1])) if tail else []
    fitting = [each for each in found if each.parts[-len(tail) :] == tail]
    return next(iter(fitting or found), None)


def _build_settings(luigi: LuigiSettings, departments: list[str]) -> str:
    lines = [f"STAGING_DEPARTMENT={departments[0]}"]
    lines += [f"# or {other}" for other in departments[1:]]
    if luigi.schema_in_file != "staging":
        lines.append(f"STAGING_SCHEMA_IN_FILES={luigi.schema_in_file}")
    if luigi.schema and luigi.schema != "staging":
        lines.append(f"STAGING_SCHEMA={luigi.schema}")
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "database": "PGDATABASE"}
    lines += [f"{names[name]}={value}" for name, value in luigi.database.items()]
    if not luigi.database:
        lines.append("# Without PGHOST or STAGING_DATABASE_URL an embedded PostgreSQL is used.")
    return "\n".join(lines) + "\n"


def _load(new: Path, luigi: LuigiSettings, departments: list[str], report: _Report) -> None:
    """Load what was made: what is wrong in it is for a person."""
    for department in departments:
        staging = StagingSchema(
            sql_dir=new / "sql", department=department, schema_in_files=luigi.schema_in_file
        )
        try:
            load_project(staging, department, KINDS)
        except ProjectError as error:
            for problem in error.problems:
                text = str(problem).replace(f"{new}/", "")
                if text not in report.left:
                    report.left.append(text)


def _write(place: Path, text: str) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SettingsError(f"migrate: {place}: {error.strerror}. Name another folder.") from None
