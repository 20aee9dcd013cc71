"""Telling people that checks failed: the log always, a real web server where one is named."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from staging_assets.checks import CheckResult
from staging_assets.defs.reporting import notify
from staging_assets.defs.reporting.notify import run_notify
from staging_assets_tests.support.webhook import Hook, listening

FAILED = CheckResult(
    "event_id_unique",
    "arrests",
    passed=False,
    summary="event_id: 2 values more than once",
    metadata={"failing keys": [{"event_id": "4711"}], "sql": "select 1"},
)
WARNED = CheckResult("min_rows", "stops", False, "WARN", False, summary="3 rows")


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


@pytest.fixture
def log() -> list[str]:
    return []


def test_every_failed_check_is_a_line_in_the_log(log: list[str]) -> None:
    run_notify(None, [FAILED, WARNED], log.append)
    assert log == [
        "check failed: event_id_unique on staging/arrests: event_id: 2 values more than once",
        "check failed: min_rows on staging/stops (a warning): 3 rows",
    ]


def test_nothing_is_said_when_nothing_failed(hook: Hook, log: list[str]) -> None:
    run_notify(hook.url, [], log.append)
    assert (log, hook.bodies) == ([], [])


def test_the_webhook_gets_json_without_any_row_value(hook: Hook, log: list[str]) -> None:
    run_notify(
        hook.url,
        [FAILED, WARNED],
        log.append,
        {"schema": "staging_dev", "run_id": "abc"},
    )
    (body,) = hook.bodies
    assert hook.headers[0]["Content-Type"] == "application/json"
    assert body["event"] == "staging_checks_failed"
    assert (body["schema"], body["run_id"], body["failed"]) == ("staging_dev", "abc", 2)
    assert body["text"].splitlines()[0] == "2 staging checks failed"
    assert body["checks"][0] == {
        "asset": "staging/arrests",
        "check": "event_id_unique",
        "severity": "ERROR",
        "blocking": True,
        "could_not_be_evaluated": False,
        "summary": "event_id: 2 values more than once",
    }
    assert "4711" not in json.dumps(body)
    assert len(log) == 2


def test_a_webhook_that_refuses_is_a_line_in_the_log(hook: Hook, log: list[str]) -> None:
    hook.status = 500
    run_notify(hook.url, [FAILED], log.append)
    assert log[1:] == [
        "STAGING_WEBHOOK_URL: 127.0.0.1 answered 500. The failed checks were not told there."
    ]


def test_a_webhook_that_does_not_answer_is_given_up(
    hook: Hook, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "TIMEOUT_SECONDS", 0.2)
    hook.delay = 1.0
    started = time.monotonic()
    run_notify(hook.url, [FAILED], log.append)
    assert time.monotonic() - started < 0.9
    assert log[1:] == [
        "STAGING_WEBHOOK_URL: 127.0.0.1 cannot be reached (no answer in time). Check the address."
    ]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/s3cret", "127.0.0.1 cannot be reached (Connection refused)"),
        ("http://no-such-host.invalid/s3cret", "no-such-host.invalid cannot be reached ("),
        ("file:///etc/s3cret", "this is no web address"),
        ("s3cret", "this is no web address"),
        ("http://[s3cret", "this is no web address"),
        ("http://host:99999/s3cret", "host cannot be reached ("),
        ("http://host/s3cret with spaces\x00", "host cannot be reached ("),
    ],
)
def test_a_webhook_that_cannot_be_used_never_fails_the_run_or_shows_its_url(
    url: str, said: str, log: list[str]
) -> None:
    run_notify(url, [FAILED], log.append)
    assert said in log[1]
    assert "s3cret" not in " ".join(log)


def test_a_flood_of_failures_is_counted_and_listed_in_part(hook: Hook, log: list[str]) -> None:
    many = [CheckResult("min_rows", f"t{i}", False) for i in range(1000)]
    run_notify(hook.url, many, log.append)
    (body,) = hook.bodies
    assert (body["failed"], len(body["checks"])) == (1000, 200)
