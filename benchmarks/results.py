"""What runs of the benchmarks have found, kept in results.json from one run to the next."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.growth import Curve
from benchmarks.rounds import Series
from benchmarks.spent import Spent
from benchmarks.spy import Profile


@dataclass
class Measured:
    """What has been found.

    Args:
        loading: number of tables to the seconds of each part of loading their folder.
        profiles: of this project's client, by workload and scale.
        spent: of the server, by workload and scale.
        curves: commands at several numbers of tables or runs.
        failed: parts of this run that have found nothing.
    """

    series: list[Series] = field(default_factory=list)
    loading: dict[str, dict[str, float]] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    spent: dict[str, Spent] = field(default_factory=dict)
    curves: list[Curve] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def find(self, workload: str, tables: int | None = None) -> Series | None:
        """The series of a workload with so many tables; the one of the largest scale else."""
        found = [
            one for one in self.series if one.workload == workload and tables in (None, one.tables)
        ]
        return max(found, key=lambda one: one.scale, default=None)

    def find_curve(self, across: str, what: str) -> Curve | None:
        """A curve by what is done."""
        return next((c for c in self.curves if (c.across, c.what) == (across, what)), None)

    def after(self, before: Measured) -> Measured:
        """This, and whatever has been found before and not again."""
        series = {(one.workload, one.scale): one for one in (*before.series, *self.series)}
        curves = {(one.across, one.what): one for one in before.curves}
        curves |= {(one.across, one.what): one for one in self.curves if one.points}
        return Measured(
            series=[series[key] for key in sorted(series)],
            loading={**before.loading, **self.loading},
            profiles={**before.profiles, **self.profiles},
            spent={**before.spent, **self.spent},
            curves=list(curves.values()),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "series": [series.to_json() for series in self.series],
            "loading": self.loading,
            "profiles": {name: profile.to_json() for name, profile in self.profiles.items()},
            "spent": {name: spent.to_json() for name, spent in self.spent.items()},
            "curves": [curve.to_json() for curve in self.curves],
        }

    @staticmethod
    def from_json(told: dict[str, Any]) -> Measured:
        """The way back from `to_json`."""
        return Measured(
            series=[Series.from_json(one) for one in told.get("series", ())],
            loading=told.get("loading", {}),
            profiles={name: Profile(**one) for name, one in told.get("profiles", {}).items()},
            spent={name: Spent(**one) for name, one in told.get("spent", {}).items()},
            curves=[Curve.from_json(one) for one in told.get("curves", ())],
        )


def read_results(path: Path) -> Measured:
    """Read results.json; nothing where there is none yet."""
    return Measured.from_json(json.loads(path.read_text())) if path.exists() else Measured()
