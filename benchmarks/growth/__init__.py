"""How cost grows: with rows, with tables, with the history of runs."""

from benchmarks.growth.curves import Curve, Point, spell_curves
from benchmarks.growth.fit import find_exponent
from benchmarks.growth.history import RUNS, measure_history
from benchmarks.growth.rows import ABOVE, STEP, find_growing, find_points, spell_growth
from benchmarks.growth.tables import TABLES, measure_tables

__all__ = [
    "ABOVE",
    "RUNS",
    "STEP",
    "TABLES",
    "Curve",
    "Point",
    "find_exponent",
    "find_growing",
    "find_points",
    "measure_history",
    "measure_tables",
    "spell_curves",
    "spell_growth",
]
