"""The order of a run."""

from __future__ import annotations

import time

from staging_assets.scheduler.ready_queue import ReadyQueue, build_graph

DIAMOND = {"root": (), "left": ("root",), "right": ("root",), "end": ("left", "right")}


def arrange(
    dependencies: dict[str, tuple[str, ...]],
    nodes: object = None,
    priorities: dict[str, int] | None = None,
    seconds: dict[str, float] | None = None,
) -> ReadyQueue:
    chosen = set(dependencies) if nodes is None else nodes
    return build_graph(
        dependencies,
        chosen,  # type: ignore[arg-type]
        priorities=priorities or {},
        seconds=seconds or {},
    )


def order(graph: ReadyQueue, nodes: list[str]) -> list[str]:
    return sorted(nodes, key=lambda node: graph.ranks[node])


def test_a_node_is_ready_when_all_above_it_are_done() -> None:
    graph = arrange(DIAMOND)
    assert graph.find_ready() == ["root"]
    assert graph.finish("root") == ["left", "right"]
    assert graph.finish("left") == []
    assert graph.finish("right") == ["end"]


def test_what_is_not_selected_is_not_waited_for() -> None:
    graph = arrange(DIAMOND, {"left", "end"})
    assert graph.find_ready() == ["left"]
    assert graph.finish("left") == ["end"]


def test_a_failure_takes_all_that_waits_for_it_along_and_nothing_else() -> None:
    graph = arrange({**DIAMOND, "other": ("root",), "last": ("end",)})
    graph.finish("root")
    assert graph.fail("left") == ["end", "last"]
    assert set(graph.waiting) == {"right", "other"}
    assert graph.finish("right") == []


def test_the_longest_chain_goes_first() -> None:
    lines = {"a": (), "b": (), "a2": ("a",), "b2": ("b",)}
    graph = arrange(lines, seconds={"a": 1, "b": 1, "a2": 1, "b2": 60})
    assert order(graph, ["a", "b"]) == ["b", "a"]


def test_a_declared_priority_goes_before_a_long_chain() -> None:
    lines = {"a": (), "b": (), "b2": ("b",)}
    graph = arrange(lines, priorities={"a": 1}, seconds={"a": 1, "b": 60, "b2": 60})
    assert order(graph, ["a", "b"]) == ["a", "b"]


def test_of_equal_chains_the_one_that_more_waits_for_goes_first() -> None:
    lines = {"a": (), "b": (), "a1": ("a",), "b1": ("b",), "b2": ("b",)}
    assert order(arrange(lines), ["a", "b"]) == ["b", "a"]


def test_a_node_without_history_counts_as_a_usual_one() -> None:
    lines = {"old": (), "new": (), "old2": ("old",), "new2": ("new",)}
    graph = arrange(lines, seconds={"old": 10, "old2": 1})
    assert order(graph, ["old", "new"]) == ["old", "new"]


def test_a_thousand_tables_are_arranged_in_no_time() -> None:
    names = [f"t{n}" for n in range(1000)]
    lines = {name: tuple(names[max(0, n - 20) : n]) for n, name in enumerate(names)}
    began = time.process_time()
    graph = arrange(lines)
    assert time.process_time() - began < 0.5
    assert graph.ranks["t0"].descendants == -999
