"""`install.sh`, on a project as small as can be: a company's index, no uv, others' folders."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from staging_assets_tests.support.commands import ROOT, find_environment

BUILD = ("hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers")
PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "small"
version = "1"
[tool.hatch.build.targets.wheel]
packages = ["staging_assets"]
[tool.hatch.build]
dev-mode-dirs = ["."]
"""


class CompanyIndex(http.server.BaseHTTPRequestHandler):
    """Gives what the public index gives, and notes what is asked for."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        agent = (self.headers.get("User-Agent") or "").partition("/")[0]
        self.asked.append((agent, self.path))
        asked = urllib.request.Request(
            f"https://pypi.org{self.path}", headers={"Accept": self.headers.get("Accept", "*/*")}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            data = answer.read()
        self.send_response(200)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def index() -> Iterator[str]:
    CompanyIndex.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), CompanyIndex) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/simple/"
        server.shutdown()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "check out"
    (folder / "staging_assets").mkdir(parents=True)
    (folder / "staging_assets" / "__init__.py").write_text("")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "hatch_build.py").write_text("")
    shutil.copy2(ROOT / "install.sh", folder)
    lock = (ROOT / "requirements.lock").read_text()
    wanted = [
        found[0]
        for name in BUILD
        if (found := re.search(rf"^{name}==(?:.*\\\n)+?.*sha256:\w+\n", lock, re.M))
    ]
    blocks = [re.sub(r"\\\n\Z", "\n", block) for block in wanted]
    assert len(blocks) == len(BUILD)
    (folder / "requirements.lock").write_text("".join(blocks))
    return folder


def run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {n: v for n, v in find_environment().items() if not n.startswith(("PIP_", "UV_"))}
    return subprocess.run(
        ["./install.sh"],
        cwd=folder,
        env={**clean, "PYTHON": sys.executable, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def find_agents() -> set[str]:
    return {agent for agent, _ in CompanyIndex.asked}


@pytest.mark.server
def test_a_companys_index_in_pip_conf_is_asked_by_pip_and_uv(
    checkout: Path, index: str, tmp_path: Path
) -> None:
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index}\ntrusted-host = 127.0.0.1\n")
    settings = {
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    ran = run(checkout, **settings)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "installed into .venv: source .venv/bin/activate\n"
    assert find_agents() == {"pip", "uv"}
    assert any("hatchling" in path for agent, path in CompanyIndex.asked if agent == "uv")
    CompanyIndex.asked.clear()
    again = run(checkout, **settings)
    assert again.stdout == ".venv is up to date: source .venv/bin/activate\n"
    assert CompanyIndex.asked == []


@pytest.mark.server
def test_where_uv_cannot_be_had_pip_installs_by_the_same_hashes(
    checkout: Path, tmp_path: Path
) -> None:
    ran = run(checkout, UV_VERSION="0.0.0.1")
    assert ran.returncode == 0, ran.stderr
    assert re.search(
        r"^install: uv could not do it \(.+\); pip does, which takes longer$", ran.stderr, re.M
    )
    assert (checkout / ".venv" / ".installed").exists()
    assert not (checkout / ".venv" / "bin" / "uv").exists()
    lock = checkout / "requirements.lock"
    lock.write_text(re.sub(r"sha256:\w{10}", "sha256:0123456789", lock.read_text()))
    shutil.rmtree(checkout / ".venv")
    ran = run(checkout, UV_VERSION="0.0.0.1")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("install: neither uv nor pip could.")
    assert not (checkout / ".venv" / ".installed").exists()


def test_what_cannot_be_is_said_in_a_line(checkout: Path) -> None:
    ran = run(checkout, PYTHON="python9.9")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "install: there is no python9.9. Name one: PYTHON=python3.12 ./install.sh\n"
    )
    (checkout / "old").write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.8.1\nexit 1\n')
    (checkout / "old").chmod(0o755)
    ran = run(checkout, PYTHON="./old")
    assert ran.returncode == 1
    assert "Python 3.10 to 3.13 is needed, and ./old is 3.8.1. Say which:" in ran.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_folder_of_somebody_elses_is_refused(checkout: Path) -> None:
    for folder in (checkout, *checkout.parents):
        if folder.is_relative_to(Path("/tmp")) and folder != Path("/tmp"):
            folder.chmod(0o755)
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("no Python that every user may run")
    ran = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", "./install.sh"],
        cwd=checkout,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "cannot be written to by nobody. Clone it to a folder of your own." in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
