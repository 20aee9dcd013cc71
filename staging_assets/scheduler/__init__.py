"""Many nodes: their order, the workers that build them, and the end of a run.

`run_build` is the way in: it holds the schema, builds the nodes in order on several connections,
and yields what came of each. `read_plan` says beforehand what that will be, and why.
"""

from staging_assets.scheduler.branching.start import read_start
from staging_assets.scheduler.crew_size import CrewSize
from staging_assets.scheduler.interrupts import undisturbed
from staging_assets.scheduler.plan import read_plan, read_stale
from staging_assets.scheduler.planning.decide import BuildPlan
from staging_assets.scheduler.planning.orphans import Orphan, read_orphans, run_prune
from staging_assets.scheduler.planning.reasons import Reason
from staging_assets.scheduler.planning.stale import StaleNode
from staging_assets.scheduler.planning.tell import plan_to_json, tell_plan
from staging_assets.scheduler.planning.touched import read_touched
from staging_assets.scheduler.run import run_build
from staging_assets.scheduler.watch import Progress, Watcher

__all__ = [
    "BuildPlan",
    "CrewSize",
    "Orphan",
    "Progress",
    "Reason",
    "StaleNode",
    "Watcher",
    "plan_to_json",
    "read_orphans",
    "read_plan",
    "read_stale",
    "read_start",
    "read_touched",
    "run_build",
    "run_prune",
    "tell_plan",
    "undisturbed",
]
