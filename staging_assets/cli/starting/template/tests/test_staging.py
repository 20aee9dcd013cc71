"""The scripts build in a new database, and what they build passes its checks."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_scripts_build(tmp_path: Path) -> None:
    """In a folder of its own, so that the data of this project stay as they are."""
    environment = {**os.environ, "STAGING_HOME": str(tmp_path)}

    def run(*words: str) -> str:
        return subprocess.run(
            words, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    try:
        assert "0 failed" in run("staging-assets", "build")
        run("staging-assets", "check")
        rows = run("staging-assets", "db", "psql", "-Atc", "select count(*) from staging.visits")
        assert rows == "3\n"
    finally:
        run("staging-assets", "db", "stop")
