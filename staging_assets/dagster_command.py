"""What the command `dagster` is told before it starts, where the folder is this project's.

`dagster asset ...` and `dagster job ...` learn where the definitions are only from an option or a
variable that is read before anything of ours loads. So the installation has a line in
`staging_assets.pth`, which Python reads when it starts: it calls `prepare` when the program is
`dagster`, by whatever shell and from whatever kind of installation, and costs every other program
some microseconds. Uninstalling takes it away.

In a folder of ours (see `is_ours`), where the command line and the environment name no other
definitions: the command gets ours, its history is kept in `.staging/dagster` when DAGSTER_HOME is
not set, and Dagster's advice to use another command is left out.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from staging_assets.errors import SettingsError
from staging_assets.settings import (
    find_history_home,
    find_home,
    find_sql_dir,
    is_history_in_postgres,
)
from staging_assets.signals import release_signals, take_signals

DEFINITIONS = "staging_assets.definitions"
_PACKAGE = Path(__file__).parent

# `api` and `code-server` are Dagster's own children: they are told everything.
_WITH_HISTORY = {"asset", "definitions", "dev", "instance", "job", "run", "schedule", "sensor"}
# These read a workspace.yaml; the other commands of `asset` and `job` do not.
_WITH_WORKSPACE = {("job", name) for name in ("backfill", "launch", "list", "print")}
_POINTER = re.compile(
    r"-[mfwa]|--(module-name|python-file|package-name|workspace|autoload-defs-module-name|grpc-)"
)
_VARIABLE = re.compile(
    r"DAGSTER_(.*_)?(MODULE_NAME|PYTHON_FILE|PACKAGE_NAME|WORKSPACE)\Z", re.IGNORECASE
)

_WITHOUT = {"structlog": "rich", "mako.exceptions": "pygments"}
"""Modules that Dagster imports, and what they take only where it is installed: to colour what is
never printed. It takes as long to import as all of this project's builder."""

_paused: list[bool] = []
"""Whether garbage was looked for before that was put off; empty when it was not put off."""


def prepare() -> None:
    """Tell this process, which is a `dagster` that has not begun yet, what it needs to know.

    A fault in here never stops the command.
    """
    try:
        refusal = _prepare(sys.argv[1:], Path.cwd())
    except Exception as error:  # noqa: BLE001 - Python is only starting: nobody else says it
        refusal = None
        print(f"staging_assets: {type(error).__name__}: {error}", file=sys.stderr)
    if refusal is not None:
        print(f"Error: {refusal}", file=sys.stderr, flush=True)
        os._exit(2)  # an exception would be shown as one of Python itself


def _prepare(words: Sequence[str], folder: Path) -> str | None:
    """The same; returns what to say when the command cannot go on."""
    if not words or words[0] not in _WITH_HISTORY or not is_ours(words, os.environ, folder):
        return None
    pointer = find_pointer(words, folder) if words[0] in ("asset", "job") else {}
    if pointer:
        take_signals()
    refusal = find_expansion(words, find_sql_dir(os.environ, folder))
    if refusal is None and not os.environ.get("DAGSTER_HOME"):
        refusal = make_home(find_home(os.environ, folder))
    if refusal is None and words[0] in ("asset", "job"):
        os.environ.update(pointer)
        if pointer:
            # What Dagster makes while it is imported stays: to search it for garbage, again and
            # again, takes a fifth of the start. `begin` lets the search go on.
            _paused.append(gc.isenabled())
            gc.disable()
            _import_without_colours()
    # Dagster advises `dg` instead of these commands, each time they run.
    warnings.filterwarnings("ignore", message="Function", module=r"click\.core")
    return refusal


def _import_without_colours() -> None:
    """Import some modules for Dagster, which then have not got what they can do without."""
    for module, colours in _WITHOUT.items():
        if colours in sys.modules:
            continue
        sys.modules[colours] = None  # type: ignore[assignment] # Python's way of: there is none
        try:
            with suppress(Exception):
                import_module(module)
        finally:
            del sys.modules[colours]


def begin() -> None:
    """The definitions are there: signals are Dagster's business again, and garbage looked for."""
    if _paused and _paused.pop():
        gc.enable()
    release_signals()


def is_ours(words: Sequence[str], environ: Mapping[str, str], folder: Path) -> bool:
    """Whether a command is about this project's definitions, as far as can be told.

    The folder is ours when STAGING_SQL_DIR (or STAGING_CREATE_DIR) is set, when it has
    `sql/create_tables`, when its pyproject.toml names us, or when this is the environment of a
    checkout of this project. But what names other definitions (an option, a variable,
    workspace.yaml, pyproject.toml) wins.

    Args:
        words: of the command line, after `dagster`.
        environ: the environment.
        folder: where the command was typed.
    """
    if pointed := _find_pointed(words):
        return any(
            DEFINITIONS in word or DEFINITIONS in _read_yaml(folder / word) for word in pointed
        )
    named = [value for name, value in environ.items() if value and _VARIABLE.match(name)]
    if any(DEFINITIONS not in value for value in named):
        return False
    workspace = _read(folder / "workspace.yaml")
    pyproject = _read(folder / "pyproject.toml")
    configured = re.search(r"^\[tool\.(dagster|dg)\b", pyproject, re.MULTILINE)
    if any(text and DEFINITIONS not in text for text in (workspace, pyproject * bool(configured))):
        return False
    return bool(
        any(environ.get(name, "").strip() for name in ("STAGING_SQL_DIR", "STAGING_CREATE_DIR"))
        or (folder / "sql" / "create_tables").is_dir()
        or re.search(r"\bstaging[-_]assets\b", pyproject)
        or Path(sys.prefix).is_relative_to(_PACKAGE.parent)
    )


def find_pointer(words: Sequence[str], folder: Path) -> dict[str, str]:
    """The variable that tells one command where the definitions are, when it needs to be told.

    Args:
        words: of the command line, after `dagster`.
        folder: where the command was typed.
    """
    command = tuple(words[:2])
    if len(command) < 2 or command[1].startswith("-") or _find_pointed(words):
        return {}
    if command in _WITH_WORKSPACE and (folder / "workspace.yaml").exists():
        return {}
    # click's own name for the option of one command, so that no child inherits it.
    name = "_".join(command).replace("-", "_").upper()
    return {f"DAGSTER_CLI_{name}_MODULE_NAME": DEFINITIONS}


def find_expansion(words: Sequence[str], sql_dir: Path) -> str | None:
    """What to say when the shell has put file names in the place of `--select staging/*`.

    Args:
        words: of the command line, after `dagster`.
        sql_dir: the folder of scripts: what it makes a table of is no file name.
    """
    if "--select" not in words:
        return None
    rest = words[list(words).index("--select") + 1 :]
    prefix, _, name = rest[0].rpartition("/") if rest else ("", "", "")
    if not prefix or not Path(prefix).is_dir():
        return None
    files = {each.name for each in Path(prefix).iterdir() if not each.name.startswith(".")}
    if {f"{prefix}/{each}" for each in files} != set(rest[: len(files)]):
        return None
    tables = (sql_dir / "create_tables").glob(f"CREATE-*-{name.removesuffix('_cleanup')}.sql")
    if len(files) == 1 and (prefix != "staging" or name == "schema" or any(tables)):
        return None
    return (
        f"--select {prefix}/*: there is a folder {prefix}/ here, and the shell has put the names "
        f"of its files in the place of the star. Put it in quotes: --select '{prefix}/*'."
    )


def _find_pointed(words: Sequence[str]) -> list[str]:
    """The options that name definitions, each with the word that follows it."""
    places = [place for place, word in enumerate(words) if _POINTER.match(word)]
    return [word for place in places for word in words[place : place + 2]]


def _read_yaml(file: Path) -> str:
    return _read(file) if file.suffix in (".yaml", ".yml") else ""


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def make_home(home: Path) -> str | None:
    """Make the folder of the history and name it; what to say when it cannot be made.

    Args:
        home: `STAGING_HOME`; what is in it already is kept.
    """
    try:
        place = find_history_home(os.environ, home)
        in_postgres = is_history_in_postgres(os.environ)
    except SettingsError as error:
        return str(error)
    if in_postgres:
        told = _run("staging_assets.postgres.embedded.history", str(home))
        if told.returncode:
            return told.stderr.strip() or "the embedded server cannot be started"
        os.environ["STAGING_HISTORY_URL"] = told.stdout.strip()
    os.environ["DAGSTER_HOME"] = str(place)
    from staging_assets import dagster_home  # noqa: PLC0415 - SQLite: not for everybody

    return dagster_home.make_home(
        place,
        dagster_home.POSTGRES_CONFIGURATION if in_postgres else dagster_home.CONFIGURATION,
    )


def _run(module: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)
