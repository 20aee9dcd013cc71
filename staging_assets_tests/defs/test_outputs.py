"""Dagster asks once which assets a step makes, and still minds the order in which they come."""

# No postponed annotations here: Dagster reads those of the step as they are.

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from staging_assets.defs.dagster_patches.step_outputs import remember_outputs

NAMES = [f"t{number}" for number in range(20)]


def build_chain(order: Sequence[str], contexts: list[Any]) -> dg.AssetsDefinition:
    """Assets that each depend on the one before, yielded in some order."""

    @dg.multi_asset(
        specs=[
            dg.AssetSpec(name, deps=[before] if before else [], skippable=True)
            for before, name in zip(["", *NAMES], NAMES, strict=False)
        ],
        can_subset=True,
    )
    def chain(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        remember_outputs(context)
        contexts.append(context)
        for name in order:
            if dg.AssetKey(name) in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=name)

    return chain


def materialize(order: Sequence[str], selection: Any = None) -> tuple[Any, list[Any]]:
    contexts: list[Any] = []
    result = dg.materialize(
        [build_chain(order, contexts)], selection=selection, raise_on_error=False
    )
    return result, contexts


def test_the_answer_is_found_once_and_is_the_stock_one() -> None:
    result, [context] = materialize(NAMES)
    assert result.success
    step = context.get_step_execution_context()
    found = step.get_output_asset_keys()
    assert found is step.get_output_asset_keys()
    assert found == type(step).get_output_asset_keys(step) == {dg.AssetKey(n) for n in NAMES}


def test_a_selection_is_answered_with_itself() -> None:
    result, [context] = materialize(NAMES, selection=["t3", "t4"])
    assert result.success
    keys = context.get_step_execution_context().get_output_asset_keys()
    assert keys == {dg.AssetKey("t3"), dg.AssetKey("t4")}


def test_an_asset_that_comes_before_what_it_needs_is_still_refused() -> None:
    result, _ = materialize([*reversed(NAMES)])
    assert not result.success
    [failure] = [e for e in result.all_events if e.is_step_failure]
    assert "was yielded before its dependency" in failure.step_failure_data.error.message


def test_other_runs_are_left_as_they_are() -> None:
    _, [one] = materialize(NAMES)
    _, [other] = materialize(NAMES, selection=["t3"])
    assert one.get_step_execution_context().get_output_asset_keys() == {
        dg.AssetKey(name) for name in NAMES
    }
    assert other.get_step_execution_context().get_output_asset_keys() == {dg.AssetKey("t3")}


def test_a_dagster_without_the_question_is_left_alone() -> None:
    class Context:
        def get_step_execution_context(self) -> object:
            return object()

    remember_outputs(Context())  # type: ignore[arg-type]
