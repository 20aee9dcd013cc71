"""`prefix/*` selects by prefix; every other selection stays Dagster's own."""

from __future__ import annotations

import click
import dagster as dg
import pytest

from staging_assets.defs.dagster_patches.prefix_selection import (
    find_prefix,
    install_prefix_selection,
)
from staging_assets.defs.dagster_patches.typed_selection import find_message


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


KEYS = {"staging/arrests", "staging/officers_hub", "staging/lookup_races", "etl/arrests"}
GROUPS = {"tables", "lookups", "etl"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stagng/*", "The nearest: staging/*."),
        ('"staging_dev/*"', "The nearest: staging/*."),
        ("group:lokups", "The nearest: group:lookups."),
        ('group:"tabels"', "The nearest: group:tables."),
        ("group:zzz", "There are: group:etl, group:lookups, group:tables."),
        ('key:"staging/arests*"', "The nearest: staging/arrests"),
        ("+staging/officer_hub*", "The nearest: staging/officers_hub"),
        ("arrests", "etl/arrests, staging/arrests"),
        ('key:"staging/zz*"', "`dagster asset list` names everything that can be selected."),
        ("tag:zzz=1", "`dagster asset list` names everything that can be selected."),
    ],
)
def test_what_selects_nothing_is_told_with_what_is_near(text: str, told: str) -> None:
    message = find_message(text, KEYS, GROUPS)
    assert message.startswith(f"--select {text}: selects nothing. ")
    assert told in message


def test_sources_without_a_folder_of_csv_files_are_told() -> None:
    message = find_message("etl/*", {"staging/a"}, {"tables"})
    assert message.endswith(
        "Sources become assets when STAGING_ETL_CSV_DIR names a folder with their CSV files."
    )


def test_only_what_is_typed_has_to_select_something(graph: dg.Definitions) -> None:
    assert select(graph, "nothing_here/*") == set()
    assert select(graph, "group:nothing_here") == set()
    command = click.Command("materialize", params=[click.Option(["--select"])])
    with command.make_context("materialize", ["--select", "staging/*,group:nothing_here"]):
        assert len(select(graph, "staging/*")) == 3
        assert select(graph, "tag:of_a_job=1") == set()
        with pytest.raises(click.ClickException, match="group:nothing_here: selects nothing"):
            select(graph, "group:nothing_here")


@pytest.mark.parametrize(
    "text", ["etl/arrests", "staging/stored_procedures/dates", "and/or", "staging/not", "a/0/_"]
)
def test_a_plain_key_is_what_dagsters_own_grammar_makes_of_it(text: str) -> None:
    stock = dg.AssetSelection.from_string.__wrapped__
    assert dg.AssetSelection.from_string(text) == stock(text) == dg.AssetSelection.assets(text)
