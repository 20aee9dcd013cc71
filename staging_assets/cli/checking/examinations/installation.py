"""This machine: Python, the program `dagster`, the shell, the folder that is worked in."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path

from staging_assets.cli.checking.examinations.finding import GOOD, ODD, WRONG, Finding
from staging_assets.settings import find_history_home

_LEAST_PYTHON, _NEXT_PYTHON = (3, 10), (3, 14)
_BIG_HISTORY = 1 << 30
_LEAST_SPACE = 1 << 30


def find_installation(environ: Mapping[str, str], folder: Path, home: Path) -> Iterator[Finding]:
    """Look at the machine.

    Args:
        environ: the environment.
        folder: the current one.
        home: where the embedded server's data and the history are, or will be.
    """
    yield _find_python()
    yield from _find_programs(environ)
    yield from _find_shell(environ, folder)
    yield from _find_history(environ, home)


def _find_python() -> Finding:
    told = f"{sys.version.split()[0]} in {sys.prefix}"
    if _LEAST_PYTHON <= sys.version_info < _NEXT_PYTHON:
        return Finding(GOOD, "python", told)
    return Finding(WRONG, "python", f"{told}: Python 3.10 to 3.13 is needed. Install with one.")


def _find_programs(environ: Mapping[str, str]) -> Iterator[Finding]:
    ours = Path(sys.executable).parent / "dagster"
    typed = shutil.which("dagster", path=environ.get("PATH"))
    told = f"staging-assets {version('staging_assets')}, dagster {version('dagster')}"
    yield Finding(GOOD, "versions", told)
    if typed is None:
        text = f"{ours.parent} is not in PATH. Activate it: source {ours.parent}/activate"
        yield Finding(ODD, "dagster", text)
    elif Path(typed).resolve().parent != ours.resolve().parent:
        text = f"`dagster` is {typed}, of another installation. source {ours.parent}/activate"
        yield Finding(ODD, "dagster", text)
    else:
        yield Finding(GOOD, "dagster", typed)
    if not any(each.name == "staging_assets.pth" for each in files("staging_assets") or ()):
        text = (
            "staging_assets.pth is not installed, so `dagster asset materialize` does not find the "
            "definitions by itself. Install the package again, or name them: "
            "-m staging_assets.definitions"
        )
        yield Finding(ODD, "definitions", text)
    if environ.get("PYTHONDONTWRITEBYTECODE"):
        text = "PYTHONDONTWRITEBYTECODE is set: commands may start three times as slowly. Unset it."
        yield Finding(ODD, "bytecode", text)
    for package, brings in (("dagster-webserver", "the UI"), ("pandas", "pandas for cleanups")):
        try:
            version(package)
        except PackageNotFoundError:
            extra = "webserver" if package == "dagster-webserver" else "cleanups"
            text = f"not installed: pip install 'staging-assets[{extra}]' brings {brings}"
            yield Finding(GOOD, package, text)


def _find_shell(environ: Mapping[str, str], folder: Path) -> Iterator[Finding]:
    shell = Path(environ.get("SHELL", "")).name
    if shell in ("zsh", "fish"):
        text = f"{shell} wants a star in quotes: dagster asset materialize --select 'staging/*'"
        yield Finding(GOOD, "shell", text)
    if (folder / "staging").is_dir():
        text = (
            f"there is a folder staging/ in {folder}: the shell makes file names of an unquoted "
            "staging/*. Quote it: 'staging/*'"
        )
        yield Finding(ODD, "shell", text)
    named = any(environ.get(name) for name in ("STAGING_DATABASE_URL", "PGHOST", "PGSERVICE"))
    for name in ("luigi.cfg", "client.cfg"):
        if (folder / name).is_file() and not named:
            text = (
                f"{name} lies here and is not read, and nothing names a database, so the embedded "
                "server is used. Put what it says into STAGING_DATABASE_URL, or PGHOST, PGUSER ..."
            )
            yield Finding(ODD, "database", text)


def _find_history(environ: Mapping[str, str], home: Path) -> Iterator[Finding]:
    place = find_history_home(environ, home)
    size = sum(each.stat().st_size for each in place.rglob("*") if each.is_file())
    told = f"{place}: {size / 1e6:,.0f} MB"
    if size > _BIG_HISTORY:
        yield Finding(ODD, "history", f"{told}. Delete old runs, or the folder: data stays.")
    else:
        yield Finding(GOOD, "history", told if place.exists() else f"{place}: none yet")
    there = next(each for each in (home, *home.parents) if each.exists())
    free = shutil.disk_usage(there).free
    if free < _LEAST_SPACE:
        text = (
            f"{free / 1e6:,.0f} MB are free for {home}. Make room: a build needs its tables twice."
        )
        yield Finding(ODD, "disk", text)
