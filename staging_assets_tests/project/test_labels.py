"""Owners, tags and kinds in staging.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from staging_assets.errors import ProjectError
from staging_assets_tests.project.test_staging_yaml import load


def test_tags_and_kinds_are_read_and_the_department_wins(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        "tags: {a: {domain: police, team/pii: }, b: {n: 1}}\n"
        "kinds: {a: view, schema: [postgres, sql]}\n"
        "departments: {demo: {tags: {b: {n: 2}}}}\n",
    )
    assert project.config.tags == {"a": {"domain": "police", "team/pii": ""}, "b": {"n": "2"}}
    assert project.config.kinds == {"a": ("view",), "schema": ("postgres", "sql")}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("tags: {a: {'x y': 1}}", "1:12: 'x y' is no name of a tag. Use letters"),
        ("tags: {a: {x: 'a b'}}", "1:15: 'a b' is no value of a tag. Use letters"),
        ("tags: {a: [x]}", "1:11: tags"),
        ("tags: {zz: {x: 1}}", "1:8: "),
        ("kinds: {a: 'x y'}", "1:12: 'x y' is no kind. Use letters"),
        (
            "kinds: {a: [p, q, r, s]}",
            "1:12: these are 4 kinds, and Dagster shows 3.",
        ),
        ("owners: {a: me}", "1:13: 'me' is no owner. Write team:<name> or an e-mail address"),
    ],
)
def test_what_dagster_would_refuse_is_told_with_its_place(
    tmp_path: Path, config: str, said: str
) -> None:
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, config)
    assert f"staging.yaml:{said}" in str(caught.value)
