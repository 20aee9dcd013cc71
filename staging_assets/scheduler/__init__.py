"""Many nodes: their order, the workers that build them, and the end of a run.

`run_build` is the way in: it holds the schema, builds the nodes in order on several connections,
and yields what came of each.
"""

from staging_assets.scheduler.interrupts import undisturbed
from staging_assets.scheduler.run import run_build
from staging_assets.scheduler.watch import Progress, Watcher

__all__ = ["Progress", "Watcher", "run_build", "undisturbed"]
