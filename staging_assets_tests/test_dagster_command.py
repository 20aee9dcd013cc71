"""When the command `dagster` is told of this project's definitions, and when it is left alone."""

from __future__ import annotations

import subprocess
import sys
import timeit
from pathlib import Path

import pytest

from staging_assets.dagster_command import find_expansion, find_pointer, is_ours
from staging_assets_tests.support.commands import ROOT, find_environment
from staging_assets_tests.support.folders import make_project

MATERIALIZE = ["asset", "materialize", "--select", "staging/*"]
LINE = ROOT / "staging_assets" / "dagster_command.pth"
SCRIPTS = {"sql/create_tables/CREATE-staging-dogs.sql": "create table staging.dogs ();"}
OURS = "load_from:\n  - python_module:\n      module_name: staging_assets.definitions\n"
THEIRS = "load_from:\n  - python_module: theirs\n"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in an environment that is not that of a checkout."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))


@pytest.mark.parametrize(
    ("files", "environ", "ours"),
    [
        ({}, {}, False),
        (SCRIPTS, {}, True),
        ({"sql/notes.sql": ""}, {}, False),
        ({}, {"STAGING_SQL_DIR": "/scripts"}, True),
        ({}, {"STAGING_SQL_DIR": " "}, False),
        ({"pyproject.toml": 'dependencies = ["staging-assets"]'}, {}, True),
        ({"pyproject.toml": 'dependencies = ["staging"]'}, {}, False),
        ({**SCRIPTS, "pyproject.toml": "[tool.ruff]"}, {}, True),
        ({**SCRIPTS, "pyproject.toml": '[tool.dagster]\nmodule_name = "theirs"'}, {}, False),
        ({**SCRIPTS, "pyproject.toml": '[tool.dg.project]\nroot_module = "x"'}, {}, False),
        (
            {"pyproject.toml": '[tool.dagster]\nmodule_name = "staging_assets.definitions"'},
            {},
            True,
        ),
        ({**SCRIPTS, "workspace.yaml": THEIRS}, {}, False),
        ({**SCRIPTS, "workspace.yaml": OURS}, {}, True),
        (SCRIPTS, {"DAGSTER_MODULE_NAME": "theirs"}, False),
        (SCRIPTS, {"DAGSTER_PYTHON_FILE": "theirs.py"}, False),
        (SCRIPTS, {"DAGSTER_PACKAGE_NAME": "theirs"}, False),
        (SCRIPTS, {"DAGSTER_autoload_defs_module_name": "theirs"}, False),
        (SCRIPTS, {"DAGSTER_CLI_ASSET_MATERIALIZE_PYTHON_FILE": "theirs.py"}, False),
        (SCRIPTS, {"DAGSTER_MODULE_NAME": "staging_assets.definitions"}, True),
        (SCRIPTS, {"DAGSTER_MODULE_NAME": "", "DAGSTER_HOME": "/x"}, True),
    ],
)
def test_a_folder_is_ours_when_nothing_says_otherwise(
    tmp_path: Path, files: dict[str, str], environ: dict[str, str], ours: bool
) -> None:
    assert is_ours(MATERIALIZE, environ, make_project(tmp_path, files)) is ours


@pytest.mark.parametrize(
    ("option", "ours"),
    [
        ("-f other.py", False),
        ("-fother.py", False),
        ("--python-file=other.py", False),
        ("-m other", False),
        ("-m staging_assets.definitions", True),
        ("-mstaging_assets.definitions", True),
        ("--module-name=staging_assets.definitions -a defs", True),
        ("--package-name other", False),
        ("-w workspace.yaml", True),
        ("--workspace theirs.yaml", False),
        ("--grpc-port 4000", False),
    ],
)
def test_what_the_command_line_names_wins(tmp_path: Path, option: str, ours: bool) -> None:
    folder = make_project(tmp_path, {**SCRIPTS, "workspace.yaml": OURS, "theirs.yaml": THEIRS})
    words = [*MATERIALIZE, *option.split()]
    assert is_ours(words, {}, folder) is ours
    assert find_pointer(words, folder) == {}


def test_the_environment_of_a_checkout_is_ours_in_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_ours(MATERIALIZE, {}, tmp_path)
    monkeypatch.setattr(sys, "prefix", str(ROOT / ".venv"))
    assert is_ours(MATERIALIZE, {}, tmp_path)


@pytest.mark.parametrize(
    ("words", "variable"),
    [
        ("asset materialize --select staging/*", "DAGSTER_CLI_ASSET_MATERIALIZE_MODULE_NAME"),
        ("asset list", "DAGSTER_CLI_ASSET_LIST_MODULE_NAME"),
        ("job execute -j staging_checks", "DAGSTER_CLI_JOB_EXECUTE_MODULE_NAME"),
        ("job scaffold_config -j x", "DAGSTER_CLI_JOB_SCAFFOLD_CONFIG_MODULE_NAME"),
        ("job list", None),
        ("job launch -j staging_checks", None),
        ("asset", None),
        ("asset --help", None),
    ],
)
def test_one_command_is_told_and_one_that_reads_workspace_yaml_is_not(
    tmp_path: Path, words: str, variable: str | None
) -> None:
    folder = make_project(tmp_path, {"workspace.yaml": OURS})
    found = find_pointer(words.split(), folder)
    assert found == ({variable: "staging_assets.definitions"} if variable else {})


@pytest.mark.parametrize(
    ("files", "typed", "told"),
    [
        ([], "staging/*", False),
        (["staging/a", "staging/b"], "staging/a staging/b", True),
        (["staging/a", "staging/b"], "staging/*", False),
        (["staging/a", "staging/b"], "staging/a", False),
        (["staging/.hidden", "staging/notes.txt"], "staging/notes.txt", True),
        (["staging/dogs"], "staging/dogs", False),
        (["staging/dogs_cleanup"], "staging/dogs_cleanup", False),
        (["etl/a.csv", "etl/b.csv"], "etl/a.csv etl/b.csv --config x.yaml", True),
        (["staging/a"], "group:tables", False),
    ],
)
def test_a_star_that_the_shell_took_is_told_from_names_that_were_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], typed: str, told: bool
) -> None:
    folder = make_project(tmp_path, {**SCRIPTS, **dict.fromkeys(files, "")})
    monkeypatch.chdir(folder)
    found = find_expansion(["asset", "materialize", "--select", *typed.split()], folder / "sql")
    assert (found is not None) is told
    if found is not None:
        prefix = typed.partition("/")[0]
        assert found.startswith(f"--select {prefix}/*: there is a folder {prefix}/ here")
        assert found.endswith(f"--select '{prefix}/*'.")


@pytest.mark.parametrize(
    ("argv", "orig_argv", "calls"),
    [
        (["/v/bin/dagster", "asset"], ["/v/bin/python", "/v/bin/dagster", "asset"], True),
        (["-m", "asset"], ["python", "-W", "error", "-m", "dagster", "asset"], True),
        (["-m", "dagster"], ["python", "-m", "pip", "dagster"], False),
        (["-c", "dagster"], ["python", "-c", "pass", "dagster"], False),
        (["/v/bin/dagster-daemon"], ["python", "/v/bin/dagster-daemon"], False),
        (["", "x"], ["python"], False),
        ([], [], False),
    ],
)
def test_the_line_that_every_python_reads_imports_for_dagster_alone(
    argv: list[str], orig_argv: list[str], calls: bool
) -> None:
    code = (
        f"import sys; sys.argv[:] = {argv}; sys.orig_argv[:] = {orig_argv};"
        "import staging_assets.dagster_command as d; called = [];"
        "d.prepare = lambda: called.append(1);"
        f"exec(open({str(LINE)!r}).read()); print(bool(called))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(calls), done.stderr


def test_the_line_costs_other_programs_next_to_nothing() -> None:
    line = compile(LINE.read_text(), str(LINE), "exec")
    once = min(timeit.repeat(lambda: exec(line, {}), number=1000, repeat=5)) / 1000
    assert once < 50e-6, f"{once * 1e6:.1f} microseconds"
    code = "import sys; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "staging_assets" not in done.stdout
    assert " dagster" not in done.stdout


SEARCHES = """
import gc, sys
from staging_assets import dagster_command
sys.argv = ["dagster", *sys.argv[1:]]
dagster_command.prepare()
print(gc.isenabled())
dagster_command.begin()
print(gc.isenabled())
"""


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("asset", "list"), "False True"),
        (("asset", "list", "-f", "theirs.py"), "True True"),
        (("dev",), "True True"),
    ],
)
def test_garbage_is_not_looked_for_until_the_definitions_are_there(
    tmp_path: Path, words: tuple[str, ...], printed: str
) -> None:
    folder = make_project(tmp_path, SCRIPTS)
    ran = subprocess.run(
        [sys.executable, "-c", SEARCHES, *words],
        cwd=folder,
        env=find_environment(DAGSTER_HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == printed.split()
