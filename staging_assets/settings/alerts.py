"""Whom to tell when a night has stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AlertSettings:
    """Ways to tell people. Both may hold secrets, so they are no part of the repr.

    Args:
        webhook_url: gets each alert as JSON.
        command: a shell's command line, which gets the text of each alert as its input.
    """

    webhook_url: str | None = field(default=None, repr=False)
    command: str | None = field(default=None, repr=False)


def read_alert_settings(environ: Mapping[str, str]) -> AlertSettings:
    """Read them alone: they are needed most when the other settings are wrong.

    Args:
        environ: the environment, usually `os.environ`.
    """
    return AlertSettings(
        webhook_url=environ.get("STAGING_WEBHOOK_URL", "").strip() or None,
        command=environ.get("STAGING_ALERT_COMMAND", "").strip() or None,
    )
