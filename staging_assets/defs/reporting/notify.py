"""Tell people that checks failed: in the log, and by a webhook where one is named.

Dagster's own alerts look at runs and miss checks, and a sensor needs the daemon. This is called at
the end of the step that evaluated the checks, so it works in `dagster asset materialize`, in
`dagster job execute` and under `dagster dev` alike.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from staging_assets.checks import CheckResult

WEBHOOK = "STAGING_WEBHOOK_URL"
TIMEOUT_SECONDS = 5.0
MOST_LISTED = 200


def run_notify(
    url: str | None,
    failed: Sequence[CheckResult],
    warn: Callable[[str], Any],
    about: Mapping[str, str] | None = None,
) -> None:
    """Log every failed check, and post them as JSON to the webhook, when there is one.

    Args:
        url: of the webhook, or None; it may hold a secret, and is never shown.
        failed: the checks that failed; nothing happens when there are none.
        warn: writes one line to the log.
        about: what else the message says, such as schema and run_id.

    A webhook that does not answer within 5 seconds, or answers badly, is a line in the log and
    never an error: what was built stays built. No row values are sent, and the URL, which may
    hold a secret, is never shown.
    """
    if not failed:
        return
    for result in failed:
        warn(f"check failed: {describe(result)}")
    if url:
        _post(url, build_message(failed, about or {}), warn)


def describe(result: CheckResult) -> str:
    """One line on a failed check."""
    suffix = "" if result.severity == "ERROR" else " (a warning)"
    return f"{result.name} on staging/{result.table}{suffix}: {result.summary}"


def build_message(failed: Sequence[CheckResult], about: Mapping[str, str]) -> dict[str, Any]:
    """The JSON body. `text` is what chat webhooks show; the rest is for programs."""
    listed = failed[:MOST_LISTED]
    noun = "check" if len(failed) == 1 else "checks"
    return {
        "event": "staging_checks_failed",
        **about,
        "text": "\n".join([f"{len(failed)} staging {noun} failed", *map(describe, listed)]),
        "failed": len(failed),
        "checks": [
            {
                "asset": f"staging/{result.table}",
                "check": result.name,
                "severity": result.severity,
                "blocking": result.blocking,
                "could_not_be_evaluated": result.error,
                "summary": result.summary,
            }
            for result in listed
        ],
    }


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
        warn(f"{WEBHOOK}: {host} answered {error.code}. The failed checks were not told there.")
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
