"""docs/migration.md, followed literally: every block is pasted into a shell, in order."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from staging_assets_tests.support.commands import ROOT, find_environment, run_typed

pytestmark = pytest.mark.server

PAGE = (ROOT / "docs" / "migration.md").read_text()


def test_the_page_moves_a_tree_and_shows_what_comes_out(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    environment = find_environment()
    environment.pop("STAGING_HOME", None)
    try:
        ran = run_typed("\n".join(["set -e", *blocks]), environment, folder=tmp_path)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "Traceback" not in ran.stdout + ran.stderr
        printed = [line.split() for line in ran.stdout.splitlines()]
        shown = "".join(re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)).splitlines()
        shown += [line for line in PAGE.splitlines() if line.startswith("    ") and "|" in line]
        assert [line for line in shown if line.split() not in printed] == []
        assert "old-secret" not in ran.stdout + ran.stderr
        assert (tmp_path / "old/scripts/tidy/walks.py").read_text().count("print 'tidying'") == 1
        found = json.loads((tmp_path / "new/differences.json").read_text())
        assert "dogs" in json.dumps(found)
    finally:
        stop = "cd new && staging-assets db stop"
        run_typed(stop, environment, folder=tmp_path)
