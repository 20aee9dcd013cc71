"""Times and sizes as people write them."""

from __future__ import annotations

import re

from staging_assets.errors import SettingsError

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)\Z")
"""As Postgres spells a time with its unit."""
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def read_seconds(text: str, name: str) -> float:
    """A time in seconds; a bare number is seconds.

    Args:
        text: such as `10min`.
        name: of the setting or option that says it.

    Raises SettingsError when it is no time.
    """
    match = DURATION.match(text if re.search("[a-z]", text) else f"{text}s")
    if match is None:
        raise SettingsError(f"{name}: {text!r} is no time. Give seconds, or a time such as 10min.")
    return float(match[1]) * _SECONDS[match[2]]
