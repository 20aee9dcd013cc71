"""Tell people by a webhook, and by a command of theirs.

Dagster's own alerts look at runs and miss checks, and its sensors need the daemon. This is called
by whatever meets the failure, so it works in `dagster asset materialize`, in `dagster job execute`
and under `dagster dev` alike.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from staging_assets.defs.alerts.alert import Alert
from staging_assets.settings import AlertSettings

WEBHOOK, COMMAND = "STAGING_WEBHOOK_URL", "STAGING_ALERT_COMMAND"
TIMEOUT_SECONDS = 5.0
"""For the webhook to answer."""
_NAMED = 'export STAGING_ALERT_SUBJECT="$1" STAGING_ALERT_KIND="$2"'
COMMAND_SECONDS = 30.0
"""For the command to end."""


def run_alert(settings: AlertSettings, alert: Alert, warn: Callable[[str], Any]) -> None:
    """Send an alert by every way that is set.

    Args:
        settings: the webhook and the command, or neither.
        alert: what to tell; it holds no value of a row unless `STAGING_SHOW_VALUES` is on.
        warn: writes one line to the log.

    A webhook that does not answer within 5 seconds, or answers badly, and a command that fails or
    does not end within 30, are a line in the log and never an error: what was built stays built.
    The URL, which may hold a secret, is never shown, and neither is the command.
    """
    if settings.webhook_url:
        _post(settings.webhook_url, alert.to_json(), warn)
    if settings.command:
        _run(settings.command, alert, warn)


def _run(command: str, alert: Alert, warn: Callable[[str], Any]) -> None:
    """The command as a shell has it; the text is its input."""
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"{_NAMED}\n{command}", "sh", alert.headline, alert.kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        warn(f"{COMMAND}: it cannot be run ({error.strerror or type(error).__name__}).")
        return
    with process:
        try:
            process.communicate(f"{alert.text}\n".encode(), COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            warn(f"{COMMAND}: it did not end within {COMMAND_SECONDS:.0f} s, and was killed.")
            return
    if process.returncode:
        warn(f"{COMMAND}: it ended with {process.returncode}. Run it by hand to see why.")


def _post(url: str, message: Mapping[str, Any], warn: Callable[[str], Any]) -> None:
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError:
        scheme, host = "", None
    if scheme not in ("http", "https") or not host:
        warn(f"{WEBHOOK}: this is no web address. Give one that starts with https://.")
        return
    try:
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            url,
            data=json.dumps(message).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "staging-assets"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            pass
    except urllib.error.HTTPError as error:
        warn(f"{WEBHOOK}: {host} answered {error.code}. The alert was not told there.")
    except (OSError, ValueError, http.client.HTTPException) as error:
        warn(f"{WEBHOOK}: {host} cannot be reached ({_explain(error)}). Check the address.")


def _explain(error: Exception) -> str:
    """Why, without the address: some errors quote it."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(cause).__name__
