"""The query of what hangs on a table, put together from its parts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from staging_assets.publisher.attached import catalog_query

FOLDER = catalog_query._FOLDER


def test_every_file_is_read() -> None:
    assert sorted(catalog_query._FILES) == sorted(path.stem for path in FOLDER.glob("*.sql"))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_every_statement_is_sent_and_every_part_asks_its_question(path: Path) -> None:
    title, _, text = path.read_text().partition("\n\n")
    assert title.startswith("-- ")
    assert "\n" not in title
    query = catalog_query.attachments_sql(140000)
    parts = re.split(r"\n\n(?=-- \w+ \w+: )", text.strip())
    for part in parts:
        assert re.match(r"-- (with|carry|answer) \w+: [^?]+\?\n", part), part
        assert query.count(part) == 1


def test_publications_have_columns_and_conditions_since_15() -> None:
    assert "u.prattrs" not in catalog_query.attachments_sql(140000)
    assert "u.prattrs::int2[]" in catalog_query.attachments_sql(150000)
    assert "u.prqual" in catalog_query.attachments_sql(150000)
