"""`prefix/*` selects by prefix; every other selection stays Dagster's own."""

from __future__ import annotations

import dagster as dg
import pytest

from staging_assets.defs.dagster_patches.prefix_selection import (
    find_prefix,
    install_prefix_selection,
)


@pytest.fixture(autouse=True)
def installed() -> None:
    install_prefix_selection()
    install_prefix_selection()


@pytest.fixture(scope="module")
def graph() -> dg.Definitions:
    specs = [
        dg.AssetSpec(["staging", "schema"]),
        dg.AssetSpec(["staging", "arrests"], deps=[["staging", "schema"]]),
        dg.AssetSpec(["staging", "stored_procedures", "dates"], deps=[["staging", "schema"]]),
        dg.AssetSpec(["staging_dev", "arrests"]),
        dg.AssetSpec(["etl", "arrests"]),
    ]

    @dg.multi_asset(specs=specs, can_subset=True)
    def everything():
        yield from ()

    return dg.Definitions([everything])


def select(graph: dg.Definitions, text: str) -> set[str]:
    chosen = dg.AssetSelection.from_string(text).resolve(
        graph.resolve_asset_graph(),
    )
    return {key.to_user_string() for key in chosen}


@pytest.mark.parametrize("text", ["staging/*", '"staging/*"', " staging/* ", 'key:"staging/*"'])
def test_a_prefix_selects_what_is_under_it_at_any_depth(graph: dg.Definitions, text: str) -> None:
    assert select(graph, text) == {
        "staging/schema",
        "staging/arrests",
        "staging/stored_procedures/dates",
    }


def test_a_longer_prefix_selects_less(graph: dg.Definitions) -> None:
    assert select(graph, "staging/stored_procedures/*") == {"staging/stored_procedures/dates"}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            "staging/schema*",
            {"staging/schema", "staging/arrests", "staging/stored_procedures/dates"},
        ),
        ("+staging/arrests", {"staging/schema", "staging/arrests"}),
        ("etl/arrests", {"etl/arrests"}),
        ("*", {"staging/schema", "staging/arrests", "staging/stored_procedures/dates",
               "staging_dev/arrests", "etl/arrests"}),
    ],
)  # fmt: skip
def test_other_selections_mean_what_they_did(
    graph: dg.Definitions, text: str, keys: set[str]
) -> None:
    assert select(graph, text) == keys


@pytest.mark.parametrize("text", ["staging", "*", "staging*", "*/staging", "a b/*", "tag:x/*"])
def test_what_is_no_prefix_is_left_alone(text: str) -> None:
    assert find_prefix(text) is None
