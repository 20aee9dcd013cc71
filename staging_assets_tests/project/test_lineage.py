"""Where columns come from."""

# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import pytest

from staging_assets.checks import KINDS
from staging_assets.model import Relation, SchemaNames
from staging_assets.project.lineage.lineage import Lineage, find_lineage
from staging_assets.project.load import load_project

COLUMNS = {"x": ("id", "name", "kind"), "y": ("id", "label"), "z": ("id", "code")}


def find(text: str) -> dict[str, str]:
    """Column to its sources, sorted, with spaces between."""
    found = find_lineage(Relation("staging", "x"), text, SchemaNames(), COLUMNS)
    return {
        column: " ".join(sorted(f"{each.relation}.{each.column}" for each in sources))
        for column, sources in found.items()
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("insert into staging.x (id, name) select e.no, upper(e.n) || e.m from etl.e as e", {"id": "etl.e.no", "name": "etl.e.m etl.e.n"}),
        ("insert into staging.x select id, label from staging.y", {"id": "staging.y.id", "name": "staging.y.label"}),
        ("insert into staging.x select id, n, 1 from etl.e", {"id": "etl.e.id", "name": "etl.e.n"}),
        ("insert into staging.x (id, name) with c as (select no as id, n from etl.e) select c.id, n from c", {"id": "etl.e.no", "name": "etl.e.n"}),
        ("with c (a, b) as (select no, n from etl.e) insert into staging.x (id) select c.a from c", {}),
        ("with c as (select no as a from etl.e) insert into staging.x (id) select c.a from c", {"id": "etl.e.no"}),
        ("insert into staging.x (id, kind) select y.id, (select max(code) from staging.z where z.id = y.id) from staging.y", {"id": "staging.y.id", "kind": "staging.y.id staging.z.code staging.z.id"}),
        ("insert into staging.x (id, name) select label, code from staging.y join staging.z on true", {"id": "staging.y.label", "name": "staging.z.code"}),
        ("insert into staging.x (id, name) select * from staging.y", {"id": "staging.y.id", "name": "staging.y.label"}),
        ("insert into staging.x (id, name, kind) select z.id, q.* from staging.z, (select id, label from staging.y) as q", {"id": "staging.z.id", "name": "staging.y.id", "kind": "staging.y.label"}),
        ("insert into staging.x (id) select * from etl.e", {}),
        ("insert into staging.x (id) select id from staging.y union all select code from staging.z", {"id": "staging.y.id staging.z.code"}),
        ("with recursive c as (select id from staging.y union all select c.id from c) insert into staging.x (id) select id from c", {"id": "staging.y.id"}),
        ('insert into staging.x (id) select "No" from "Raw"."E"', {"id": '"Raw"."E".No'}),
        ("insert into staging.x (id) values (1)", {}),
        ("insert into staging.y (id) select id from staging.z", {}),
        ("insert into staging.x (id) select id from etl.e; update staging.x set name = y.label from staging.y where true", {"id": "etl.e.id", "name": "staging.y.label"}),
        ("insert into staging.x (id) select v.a from (values (1)) as v (a)", {}),
        ("do $$ begin insert into staging.x select 1; end $$", {}),
        ("insert into staging.x (id) select from from from", {}),
        ("insert into staging.x (id) select 'open", {}),
        ("insert into staging.x (id) select " + "(" * 2000 + "1" + ")" * 2000, {}),
    ],
)  # fmt: skip
def test_columns_are_followed_to_their_tables(text: str, expected: dict[str, str]) -> None:
    assert find(text) == expected


def test_sqlglot_says_nothing_of_its_own(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert find(
            "insert into staging.x (id) select id from etl.e; call staging.x(); vacuum staging.x"
        ) == {"id": "etl.e.id"}
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_lineage_is_found_when_it_is_asked_for_and_travels() -> None:
    lineage = Lineage(
        "x", "insert into staging.x (id) select id from etl.e", SchemaNames(), COLUMNS
    )
    assert "found=None" not in repr(lineage)
    again = pickle.loads(pickle.dumps(lineage))
    assert dict(again) == dict(lineage)
    assert list(lineage) == ["id"]
    assert len(lineage) == 1


def test_most_columns_of_the_demo_department_have_a_source() -> None:
    project = load_project(Path(__file__).parents[2] / "sql", "demo", KINDS)
    tables = [table for table in project.tables.values() if table.populate]
    found = sum(len(table.lineage) for table in tables)
    assert found > sum(len(table.columns) for table in tables) * 2 / 3
