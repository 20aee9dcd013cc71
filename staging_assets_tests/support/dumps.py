"""Compare what two databases hold, as pg_dump says it."""

from __future__ import annotations

import difflib
import os
import re
import subprocess

from staging_assets.postgres.client.server import Server
from staging_assets.postgres.psql import find_variables
from staging_assets_tests.support.servers import find_embedded


def dump(server: Server, *options: str) -> str:
    """What pg_dump says of the schema, with the rows of each table in order."""
    done = subprocess.run(
        [find_embedded("pg_dump"), "--schema=staging", *options],
        env={"PATH": os.environ["PATH"], **find_variables(server)},
        capture_output=True,
        text=True,
        check=True,
    )
    # Some builds of Postgres 15 stamp every column with a number of its own (pg_attver).
    unlike = r"(?m)^(\\(un)?restrict .*|ALTER TABLE .* SET \(pg_attver=\d+\);)\n+"
    text = re.sub(r"pg_attver=\d+, ", "", re.sub(unlike, "", done.stdout))
    return re.sub(
        r"(?ms)(^COPY [^\n]*;\n)(.*?)(^\\\.$)",
        lambda found: found[1] + "".join(sorted(found[2].splitlines(True))) + found[3],
        text,
    )


def check_same(ours: str, theirs: str) -> None:
    """Fail with the lines that differ."""
    lines = difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "psql", "ours", n=2)
    difference = "\n".join(lines)
    assert not difference, difference[:5000]
