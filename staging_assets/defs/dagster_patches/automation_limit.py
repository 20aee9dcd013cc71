"""An automation condition sensor for as many assets as there are.

Dagster refuses to evaluate more than 500 conditions where their code is, since each may cost much.
Those of ours share one look at the database; a thousand take a second of the processor's time.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

_MOST = 100_000


class UnlimitedConditionSensor(dg.AutomationConditionSensorDefinition):
    """One whose conditions cost little: the limit is lifted while it is evaluated."""

    def evaluate_tick(self, context: dg.SensorEvaluationContext) -> Any:
        """Evaluate the conditions, as Dagster does.

        Args:
            context: of the tick.
        """
        with _lifted_limit():
            return super().evaluate_tick(context)

    def with_attributes(self, **changed: Any) -> dg.AutomationConditionSensorDefinition:
        """A copy with other attributes, as components make them; Dagster's has the limit.

        Args:
            changed: as Dagster takes it.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)
            copy = super().with_attributes(**changed)
        copy.__class__ = type(self)
        return copy


@contextmanager
def _lifted_limit() -> Iterator[None]:
    module: Any = sys.modules[dg.AutomationConditionSensorDefinition.__module__]
    kept = module.MAX_ENTITIES
    module.MAX_ENTITIES = max(kept, _MOST)
    try:
        yield
    finally:
        module.MAX_ENTITIES = kept
