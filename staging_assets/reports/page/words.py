"""Numbers as people read them."""

from __future__ import annotations

from datetime import datetime, timezone

_UNITS = ("B", "kB", "MB", "GB", "TB")


def spell_number(number: float | None) -> str:
    """`51,254`; empty for None."""
    return "" if number is None else f"{number:,.0f}"


def spell_bytes(number: int | None) -> str:
    """`16 kB`, `1.4 MB`; powers of 1024 as Postgres has them; empty for None."""
    if number is None:
        return ""
    size, unit = float(number), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit > 1 and size < 100 else f"{size:.0f} {_UNITS[unit]}"


def spell_seconds(seconds: float | None) -> str:
    """`0.02 s`, `12.4 s`, `3 min 20 s`, `2 h 5 min`; empty for None."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def spell_moment(moment: float | None) -> str:
    """`2026-11-25 19:20 UTC`, of seconds since 1970; empty for None."""
    if moment is None:
        return ""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def spell_change(before: int | None, now: int | None) -> str:
    """`+12`, `-3`; empty when either is not known, or nothing changed."""
    return "" if before is None or now is None or before == now else f"{now - before:+,}"
