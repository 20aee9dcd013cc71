"""Environments in which the package is installed as people install it, and commands in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

from staging_assets.file_lock import held
from staging_assets_tests.support.commands import ROOT, find_environment

UV = Path(sys.prefix) / "bin" / "uv"
SHELLS = {
    "bash": ("bash", "-c", "source '{}/bin/activate' && {}"),
    "zsh": ("zsh", "-f", "-c", "source '{}/bin/activate' && {}"),
    "fish": ("fish", "--no-config", "-c", "source '{}/bin/activate.fish' && {}"),
}


def run_quietly(*words: str | Path, folder: Path = ROOT) -> str:
    """Run a program to its end, which has to be a good one, and return what it printed."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=find_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def build_wheel(run_folder: Path) -> Path:
    """The wheel, built once for the whole test run."""
    folder = run_folder / "wheel"
    with held(run_folder / "wheel.lock", 300):
        if not folder.exists():
            options = ["--wheel", "--no-build-isolation", "--python", sys.executable]
            run_quietly(UV, "build", *options, "--out-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


def install_light(run_folder: Path) -> Path:
    """An environment with the wheel and nothing but what it needs, made once for a test run.

    Nothing may be installed into it or taken out of it.
    """
    wheel, venv = build_wheel(run_folder), run_folder / "light"
    with held(run_folder / "light.lock", 500):
        if not (venv / "done").exists():
            run_quietly(UV, "venv", "--quiet", "--python", sys.executable, venv)
            lock = ROOT / "requirements.lock"
            install(venv, "--constraint", lock, wheel)
            _lend_bytecode(venv)
            (venv / "done").touch()
    return venv


def make_empty(venv: Path) -> Path:
    """An environment with the program dagster alone; returns its path."""
    run_quietly(UV, "venv", "--quiet", "--python", sys.executable, venv)
    install(venv, "--no-deps", f"dagster=={version('dagster')}")
    _lend_bytecode(venv)
    return venv


def lend(light: Path, venv: Path) -> None:
    """Let an environment find all packages of another; no line of the other's `.pth` is read."""
    others = next(light.glob("lib/python*/site-packages"))
    next(venv.glob("lib/python*/site-packages")).joinpath("zz_others.pth").write_text(f"{others}\n")


def _lend_bytecode(venv: Path) -> None:
    """Link what Python has compiled for the tests' own environment: the same files, of one cache.

    Python looks whether it fits, and compiles anew what does not.
    """
    ours = Path(sysconfig.get_path("purelib"))
    theirs = next(venv.glob("lib/python*/site-packages"))
    for cache in ours.rglob("__pycache__"):
        place = theirs / cache.relative_to(ours)
        if place.parent.is_dir() and not place.exists():
            shutil.copytree(cache, place, copy_function=_link)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # of another disk
        shutil.copy2(source, target)


def install(venv: Path, *what: str | Path) -> str:
    """Install with uv."""
    return run_quietly(UV, "pip", "install", "--python", venv / "bin" / "python", *what)


def run_in_shell(
    shell: str, venv: Path, command: str, folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run one line as typed into a shell in which the environment is activated."""
    *words, line = SHELLS[shell]
    return subprocess.run(
        [*words, line.format(venv, command)],
        cwd=folder,
        env=find_environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
