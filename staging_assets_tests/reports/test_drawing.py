"""Pictures: what they show, that they are well-formed, and how large they grow."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from staging_assets.reports import NodeRecord, draw_timeline, find_longest_chain, find_slowest
from staging_assets.reports.drawing.graph import draw_graph
from staging_assets.reports.drawing.timeline import find_step
from staging_assets.reports.drawing.trend import draw_marks, draw_trend

SVG = "{http://www.w3.org/2000/svg}"


def find(text: str, tag: str, **attributes: str) -> list[ElementTree.Element]:
    found = ElementTree.fromstring(text).iter(f"{SVG}{tag}")
    return [e for e in found if all(e.get(name) == value for name, value in attributes.items())]


def node(name: str, began: float, seconds: float, worker: int = 1, **more: str) -> NodeRecord:
    return NodeRecord(name, began=began, seconds=seconds, worker=worker, **more)


def test_a_bar_is_where_its_worker_and_its_time_put_it() -> None:
    nodes = [
        node("staging/a", 100.0, 4.0, 1),
        node("staging/b", 100.0, 2.0, 2),
        node("staging/c", 102.0, 6.0, 2, status="failed"),
    ]
    drawn = draw_timeline(nodes, chain={"staging/b"})
    (a,), (b,), (c,) = (find(drawn, "rect", **{"class": of}) for of in ("built", "chain", "failed"))
    width = {
        name: float(bar.get("width") or 0) + 0.5 for name, bar in zip("abc", (a, b, c), strict=True)
    }
    assert width["a"] == pytest.approx(2 * width["b"], abs=0.2)
    assert width["c"] == pytest.approx(3 * width["b"], abs=0.2)
    assert a.get("x") == b.get("x")
    assert float(c.get("x") or 0) == pytest.approx(float(b.get("x") or 0) + width["b"], abs=0.2)
    assert b.get("y") == c.get("y") != a.get("y")
    assert {e.text for e in find(drawn, "text", **{"class": "on"})} == {"a", "b", "c"}
    assert [e.text for e in find(drawn, "text") if "worker" in (e.text or "")] == [
        "worker 1",
        "worker 2",
    ]


def test_what_took_no_time_of_a_worker_is_not_drawn() -> None:
    assert draw_timeline([]) == ""
    nodes = [NodeRecord("a", "skipped", began=1.0, worker=1), NodeRecord("b", seconds=3.0)]
    assert draw_timeline(nodes) == ""


def test_a_picture_of_five_thousand_tables_fits_into_an_event() -> None:
    nodes = [node(f"staging/t{i}", i // 8 * 0.02, 0.018, i % 8 + 1) for i in range(5000)]
    drawn = draw_timeline(nodes, alone=True)
    assert len(drawn) < 100_000
    assert find(drawn, "style")
    assert find(drawn, "rect", **{"class": "page"})


def test_names_are_escaped() -> None:
    nodes = [node('staging/<b>"&', 0.0, 1.0), node("staging/c", 1.0, 1.0)]
    assert "<b>" not in draw_timeline(nodes)
    (text,) = (e.text for e in find(draw_timeline(nodes), "text") if "&" in (e.text or ""))
    assert text == '<b>"&'
    drawn = draw_graph({'a"<': ["b&"]}, classes={}, linked=['a"<'])
    assert find(drawn, "a", href='#a"<')


@pytest.mark.parametrize(
    ("whole", "step"), [(0.004, 0.0005), (0.95, 0.1), (8.5, 1), (12, 2), (47, 5), (3700, 500)]
)
def test_ticks_are_round(whole: float, step: float) -> None:
    assert find_step(whole) == pytest.approx(step)


def chain(seconds: dict[str, float], upstream: dict[str, list[str]]) -> str:
    nodes = {name: NodeRecord(name, seconds=took) for name, took in seconds.items()}
    return " ".join(node.name for node in find_longest_chain(nodes, upstream))


def test_the_longest_chain_is_the_one_that_takes_longest() -> None:
    upstream = {"a": [], "b": [], "c": ["a"], "d": ["b", "c"], "e": ["b"]}
    assert chain({"a": 1, "b": 2.5, "c": 1, "d": 1, "e": 0.5}, upstream) == "b d"
    assert chain({"a": 1, "b": 1.5, "c": 1, "d": 1, "e": 0.5}, upstream) == "a c d"
    assert chain({"a": 1, "b": 1, "c": 1, "d": 1, "e": 9}, upstream) == "b e"


def test_what_was_not_built_is_no_link_and_breaks_no_chain() -> None:
    upstream = {"a": [], "b": ["a"], "c": ["b"]}
    assert chain({"a": 1, "c": 1}, upstream) == "a c"
    assert chain({}, upstream) == ""
    assert chain({"other": 2, "a": 1}, upstream) == "other"


def test_a_circle_has_an_end() -> None:
    assert chain({"a": 1, "b": 1}, {"a": ["b"], "b": ["a"]}) == "a b"


def test_a_cleanup_in_its_tables_build_takes_no_time_of_its_own() -> None:
    nodes = {
        "t": NodeRecord("t", seconds=3.0),
        "t_cleanup": NodeRecord("t_cleanup", seconds=2.0, within="t"),
        "u": NodeRecord("u", seconds=1.0),
    }
    found = find_longest_chain(nodes, {"t": [], "t_cleanup": ["t"], "u": ["t_cleanup"]})
    assert [each.name for each in found] == ["t", "u"]
    assert [each.name for each in find_slowest(nodes)] == ["t", "u"]


def places(drawn: str) -> dict[str, tuple[float, float]]:
    found = {}
    for each in find(drawn, "g", **{"class": "node"}):
        box = next(each.iter(f"{SVG}rect"))
        title = next(each.iter(f"{SVG}title"))
        found[title.text or ""] = (float(box.get("x") or 0), float(box.get("y") or 0))
    return found


def test_the_graph_goes_from_left_to_right_and_nothing_lies_on_another() -> None:
    upstream = {
        "staging/a": ["etl/x"],
        "staging/b": ["staging/a", "etl/y"],
        "staging/c": ["staging/a", "staging/b"],
        "staging/d": [],
    }
    drawn = draw_graph(upstream, classes=dict.fromkeys(upstream, "built"), linked=upstream)
    found = places(drawn)
    assert found.keys() == {*upstream, "etl/x", "etl/y"}
    for name, above in upstream.items():
        assert all(found[each][0] < found[name][0] for each in above)
    assert len(set(found.values())) == len(found)
    edges = "".join(e.get("d") or "" for e in find(drawn, "path"))
    assert edges.count("M") == 4  # that from a to c is implied by those over b


def test_a_large_graph_is_drawn_without_overlaps() -> None:
    upstream = {f"t{i}": [f"t{i // 3 - 1}"] if i > 3 else [] for i in range(1500)}
    columns: dict[float, list[float]] = {}
    for x, y in places(draw_graph(upstream, classes={})).values():
        columns.setdefault(x, []).append(y)
    for column in columns.values():
        tops = sorted(column)
        assert all(b - a >= 20 for a, b in pairwise(tops))


def test_a_circle_in_the_graph_is_drawn() -> None:
    assert places(draw_graph({"a": ["b"], "b": ["a"]}, classes={})).keys() == {"a", "b"}


def test_a_trend_has_its_foot_at_nought() -> None:
    drawn = draw_trend([10, None, 20, 0], label="rows")
    (line,) = find(drawn, "polyline")
    points = [tuple(map(float, p.split(","))) for p in (line.get("points") or "").split()]
    assert [y for _, y in points] == [12.0, 3.0, 21.0]
    assert points[1][0] - points[0][0] == pytest.approx(2 * (points[2][0] - points[1][0]))
    assert draw_trend([None, 5], label="rows") == ""
    assert draw_trend([0, 0], label="rows")


def test_a_mark_for_each_run() -> None:
    drawn = draw_marks(["passed", "", "failed"], label="check")
    assert re.findall(r'class="(\w+)"', drawn) == ["passed", "unasked", "failed"]
