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

    def with_attributes(
        self, *, jobs: Any = None, metadata: Any = None
    ) -> UnlimitedConditionSensor:
        """A copy with other metadata, as components make one; Dagster's own has the limit.

        Args:
            jobs: passed over: this sensor has none.
            metadata: in the place of what it has, unless it is None.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)
            return type(self)(
                self.name,
                target=self.asset_selection,
                tags=self.tags,
                run_tags=self.run_tags,
                default_status=self.default_status,
                minimum_interval_seconds=self.minimum_interval_seconds,
                description=self.description,
                metadata=self.metadata if metadata is None else metadata,
                use_user_code_server=True,
            )


@contextmanager
def _lifted_limit() -> Iterator[None]:
    module: Any = sys.modules[dg.AutomationConditionSensorDefinition.__module__]
    kept = module.MAX_ENTITIES
    module.MAX_ENTITIES = max(kept, _MOST)
    try:
        yield
    finally:
        module.MAX_ENTITIES = kept
