"""Counts and lists as people read them."""

from __future__ import annotations

from staging_assets.model import list_some, say


def test_a_count_agrees_with_its_noun() -> None:
    assert [say(n, "row") for n in (0, 1, 2, 12000)] == ["0 rows", "1 row", "2 rows", "12,000 rows"]


def test_a_long_list_is_cut_and_says_how_much_is_left() -> None:
    names = [f"t{n}" for n in range(1007)]
    assert list_some(names[:1]) == "t0"
    assert list_some(names[:5]) == "t0, t1, t2, t3, t4"
    assert list_some(names[:6]) == "t0, t1, t2, t3, t4 and 1 more"
    assert list_some(names, 2) == "t0, t1 and 1,005 more"
    assert list_some([]) == ""
