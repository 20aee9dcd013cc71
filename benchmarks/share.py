"""What is ours before anything runs: import, definitions load, folder to model."""

from __future__ import annotations

import json
import statistics
import subprocess
from pathlib import Path

from benchmarks.contestants.common import PYTHON, ROOT, clean_environment
from benchmarks.tiny import make_tiny

_PROGRAM = """
import json, time
start = time.perf_counter()
import dagster
dagster_loaded = time.perf_counter()
import staging_assets.project.load as catalog
before = time.perf_counter()
import staging_assets.definitions as definitions
loaded = time.perf_counter()
from pathlib import Path
import os
catalog.load_project(Path(os.environ["STAGING_SQL_DIR"]), "bench")
modelled = time.perf_counter()
definitions.defs.get_repository_def()
print(json.dumps({
    "import dagster": dagster_loaded - start,
    "import the project floor": before - dagster_loaded,
    "import the definitions": loaded - before,
    "folder to model": modelled - loaded,
    "definitions to repository": time.perf_counter() - modelled,
}))
"""


def measure_share(folder: Path, tables: int, runs: int = 3) -> dict[str, float]:
    """Seconds of each part of loading a folder of so many tables, medians of `runs` processes."""
    written = make_tiny("w4", tables).write(folder / f"share_{tables}")
    environment = clean_environment(
        STAGING_SQL_DIR=str(written.sql),
        STAGING_DEPARTMENT="bench",
        STAGING_HOME=str(folder / "home"),
        STAGING_DATABASE_URL="postgresql://nobody@localhost/none",
    )
    found = []
    for _ in range(runs):
        done = subprocess.run(
            [PYTHON, "-c", _PROGRAM],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return {name: statistics.median(one[name] for one in found) for name in found[0]}
