"""The tables of docs/performance.md, by the name of their mark."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.growth import find_exponent, find_growing, spell_curves, spell_growth
from benchmarks.page.targets import CLIENT, OURS, SERVER, find_targets
from benchmarks.report import read_machine
from benchmarks.results import Measured
from benchmarks.rounds import Record, Series
from benchmarks.spent import spell_spent
from benchmarks.spy import Profile, spell_shares
from benchmarks.tables import spell_table

NAMES = {
    "this-project": "**this project**",
    "psql": "psql, script by script",
    "luigi": "luigi",
    "dbt": "dbt, no keys",
    "dbt-cold": "dbt, nothing parsed before, no keys",
    "dbt-enforced": "dbt with constraints",
    "dagster-dbt-in-process": "dagster-dbt, in process, no keys",
    "dagster-dbt": "dagster-dbt, Dagster's default executor, no keys",
    "dagster-dbt-in-process-enforced": "dagster-dbt, in process, with constraints",
    "dagster-dbt-enforced": "dagster-dbt, default executor, with constraints",
    "sqlmesh": "SQLMesh, no keys",
    "plain-dagster": "one `@asset` a table, Dagster's default executor",
    "ideal": "a load written by hand",
    "ideal-no-wal": "the same, without write-ahead log",
    "floor": "a multi-asset that does nothing",
    "floor-same-log": "the same with this project's event log",
    "floor-start": "the same with one asset: Dagster's start",
}
_WORKLOADS = ("w1", "w2", "w4", "w5")
_TOP = 10
_COSTS: tuple[tuple[str, Callable[[Record], str]], ...] = (
    ("client CPU", lambda record: _spell(record.median(lambda run: run.usage.cpu), ".1f", " s")),
    ("client memory", lambda one: _spell(one.median(lambda run: run.usage.peak_mb), ".0f", " MB")),
    ("server CPU", lambda record: _spell(record.median(lambda run: run.server_cpu), ".1f", " s")),
    ("write-ahead log", lambda one: _spell(one.median(lambda run: run.wal_mb), ".0f", " MB")),
    ("messages with statements", lambda record: _spell(record.statements, ",d", "")),
    ("connections", lambda record: _spell(record.connections, "d", "")),
)


def build_blocks(measured: Measured) -> dict[str, str]:
    """Name of a mark to its text; "" for what was not measured."""
    return {
        "when": _spell_when(measured),
        "medians": _spell_medians(measured),
        "targets": _spell_targets(measured),
        "changed": _spell_changed(measured),
        "rows": _spell_rows(measured),
        "tables": spell_curves(measured.curves, "tables"),
        "history": spell_curves(measured.curves, "runs"),
        "costs": _spell_costs(measured),
        "profiles": _spell_profiles(measured),
    }


def _spell_when(measured: Measured) -> str:
    if not measured.series:
        return ""
    times = sorted(series.measured for series in measured.series)
    loads = [
        run.load
        for series in measured.series
        for record in series.records.values()
        for run in record.runs
    ]
    machine = read_machine()
    told = (
        f"Measured from {times[0]} to {times[-1]} UTC on {machine['cores']} cores "
        f"({machine['processor']}), {machine['memory']}, {machine['system']}, Python "
        f"{machine['python']}."
    )
    if loads:
        told += (
            f" Processes that wanted to run just before a command, the average of a minute: "
            f"{min(loads):.1f} to {max(loads):.1f}; on two cores, what was measured itself leaves "
            "up to 2."
        )
    return told


def _spell_medians(measured: Measured) -> str:
    found = {w: one for w in _WORKLOADS if (one := measured.find(w)) is not None}
    if not found:
        return ""
    rows = [["", *(f"{name.upper()}: {series.title}" for name, series in found.items())]]
    for name, called in NAMES.items():
        cells = [_spell_wall(series, name) for series in found.values()]
        if any(cells):
            rows.append([called, *cells])
    lines = list(spell_table(rows))
    notes = [
        f"- {name.upper()}, {NAMES.get(record.contestant, record.contestant)}: {record.state}"
        for name, series in found.items()
        for record in series.records.values()
        if record.state.startswith(("missing", "failed"))
    ]
    notes += [
        f"- {name.upper()}, {NAMES.get(record.contestant, record.contestant)}: ended with other "
        f"rows or keys ({record.differences[0]})"
        for name, series in found.items()
        for record in series.records.values()
        if record.differences
    ]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def _spell_targets(measured: Measured) -> str:
    targets = find_targets(measured)
    if not targets:
        return ""
    header = ["", "measured", "target", "met"]
    return "\n".join(spell_table([header, *(target.row() for target in targets)]))


def _spell_changed(measured: Measured) -> str:
    every = sorted(
        (one for one in measured.series if one.workload == "changed"), key=lambda one: one.scale
    )
    if not every:
        return ""
    header = [f"one changed leaf of {one.tables:,}" for one in every]
    rows = [["", *header, *(f"{title}, client CPU" for title in header)]]
    for name, called in NAMES.items():
        records = [one.records.get(name) for one in every]
        if any(record and record.runs for record in records):
            cells = [_spell_wall(one, name) for one in every]
            rows.append([called, *cells, *(_COSTS[0][1](one) if one else "" for one in records)])
    return "\n".join(spell_table(rows))


def _spell_rows(measured: Measured) -> str:
    growing = find_growing(measured.series)
    if len(growing) < 2:
        return ""
    points = [
        (float(record.rows), peak)
        for series in growing
        if (record := series.records.get(OURS)) is not None
        and record.rows
        and (peak := record.median(lambda run: run.usage.peak_mb))
    ]
    # Its own title is the page's.
    text = spell_growth(growing).partition("\n\n")[2]
    if len(points) > 1:
        megabytes = ", ".join(f"{peak:.0f}" for _, peak in points)
        text += f"\n\nClient memory: {megabytes} MB; exponent {find_exponent(points):.2f}."
    return text


def _spell_costs(measured: Measured) -> str:
    found = {
        name: one
        for name in _WORKLOADS
        if (one := measured.find(name)) is not None
        and one.records.get(OURS, Record("", False)).runs
    }
    if not found:
        return ""
    rows = [["this project (psql)", *(name.upper() for name in found)]]
    for what, spell in _COSTS:
        cells = []
        for series in found.values():
            psql = series.records.get("psql")
            theirs = spell(psql) if psql and psql.runs else ""
            cells.append(spell(series.records[OURS]) + (f" ({theirs})" if theirs else ""))
        rows.append([what, *cells])
    return "\n".join(spell_table(rows))


def _spell_profiles(measured: Measured) -> str:
    """The profiles of whatever has missed a target."""
    targets = find_targets(measured)
    if not targets:
        return ""
    missed = [target for target in targets if target.is_met is False]
    parts = []
    for whose, title in ((CLIENT, "the client's"), (SERVER, "the server's")):
        what = [target.what for target in missed if target.profile == whose]
        if not what:
            continue
        parts.append(f"Missed, and a matter of {title} time: {'; '.join(what)}.")
        if whose == CLIENT:
            parts += [_spell_profile(profile) for profile in measured.profiles.values()]
        else:
            parts += [_demote(spell_spent(spent)) for spent in measured.spent.values()]
    return "\n\n".join(parts) or "Every target is met: there is nothing to look for."


def _spell_profile(profile: Profile) -> str:
    """The parts of the main thread that take the most."""
    top = dict(list(profile.main.items())[:_TOP])
    rest = sum(profile.main.values()) - sum(top.values())
    if rest:
        top["everything else"] = rest
    title = f"#### Where the client's time goes: {profile.title}"
    told = f"{profile.wall:.2f} s, {profile.cpu:.2f} s of them on a processor."
    shares = spell_shares("part of the main thread", top, profile.wall)
    return "\n\n".join([title, told, shares])


def _demote(text: str) -> str:
    return text.replace("### ", "#### ", 1)


def _spell_wall(series: Series, name: str) -> str:
    record = series.records.get(name)
    if record is None or record.wall is None:
        return ""
    return f"**{record.wall:.1f} s**" if name == OURS else f"{record.wall:.1f} s"


def _spell(figure: float | None, form: str, unit: str) -> str:
    return "" if figure is None else f"{figure:{form}}{unit}"
