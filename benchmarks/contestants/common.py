"""What all contestants share."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol, runtime_checkable

from benchmarks.server import BenchServer
from benchmarks.workload import Table, Workload, Written

HERE = Path(__file__).parent.parent
ROOT = HERE.parent
PROGRAMS = HERE / "programs"
PYTHON = Path(sys.executable)
WORKERS = 2

_KEPT = ("HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "SHELL", "TZ")
# What says where packages come from, which nobody but pip is told.
_OF_PIP = re.compile(r"PIP_|SSL_CERT|REQUESTS_CA|https?_proxy|no_proxy", re.IGNORECASE)


class Missing(Exception):  # noqa: N818 - it is no error: the contestant is reported as missing
    """A contestant cannot take part; the text says why, and `word` what kind of why."""

    word = "missing"


class LeftOut(Missing):
    """It could take part, were its part of this workload written."""

    word = "left out"


@dataclass(frozen=True)
class Setup:
    """What a contestant is told.

    Args:
        folder: where it may write.
        written: the workload on disk.
    """

    workload: Workload
    folder: Path
    written: Written
    server: BenchServer


@dataclass(frozen=True)
class Command:
    """The command that is timed."""

    words: tuple[str | Path, ...]
    environment: Mapping[str, str]
    folder: Path


@dataclass(frozen=True)
class Changes:
    """How a contestant builds what has changed, and nothing else.

    Args:
        build: makes everything; untimed.
        edit: is given a table with another SELECT, and writes its script; untimed.
        command: builds what has changed; timed.
    """

    build: Command
    edit: Callable[[Table], None]
    command: Command


class Contestant(Protocol):
    """One way of building the staging schema.

    Args:
        builds: whether it makes tables at all.
        keys: whether these end with the keys and indexes of the scripts.
    """

    name: str
    builds: bool
    keys: bool

    def prepare(self, setup: Setup) -> Command:
        """Make everything ready, untimed. Raises Missing when it cannot take part."""


@runtime_checkable
class Changing(Contestant, Protocol):
    """One that can tell what has changed since it built the last time."""

    def prepare_changes(self, setup: Setup) -> Changes:
        """Make everything ready, untimed. Raises Missing when it cannot take part."""


def clean_environment(*paths: Path, **variables: str) -> dict[str, str]:
    """An environment without settings of anybody, `paths` first on the PATH."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    path = ":".join([*(str(path) for path in paths), "/usr/local/bin:/usr/bin:/bin"])
    return {**kept, "PATH": path, **variables}


def write_plan(setup: Setup) -> Path:
    """Write the steps as JSON, for programs that run by themselves."""
    path = setup.folder / "plan.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    plan = {
        "lookups": str(setup.written.lookups),
        "sources": list(setup.workload.sources),
        "steps": [dataclasses.asdict(step) for step in setup.written.steps],
    }
    path.write_text(json.dumps(plan, indent=1))
    return path


def install(name: str) -> Path:
    """Return the `bin` folder of the virtual environment of `requirements/<name>.txt`.

    It is made when it is not there or its requirements have changed. Raises Missing when that
    fails.
    """
    requirements = HERE / "requirements" / f"{name}.txt"
    folder = HERE / ".venvs" / name
    stamp, wanted = folder / "installed", sha256(requirements.read_bytes()).hexdigest()
    programs = folder / "bin"
    if stamp.exists() and stamp.read_text() == wanted:
        return programs
    commands: list[list[str | Path]] = [
        [PYTHON, "-m", "venv", folder],
        [programs / "python", "-m", "pip", "install", "--quiet", "-r", requirements],
        [programs / "python", "-m", "compileall", "-q", folder / "lib"],
    ]
    environment = clean_environment()
    environment |= {name: said for name, said in os.environ.items() if _OF_PIP.match(name)}
    for command in commands[:2]:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = " ".join(done.stderr.split())[-300:]
            raise Missing(f"{name} cannot be installed: {said}")
    # Some packages carry files for other Pythons, which do not compile.
    subprocess.run(commands[2], env=environment, capture_output=True, check=False)
    stamp.write_text(wanted)
    return programs
