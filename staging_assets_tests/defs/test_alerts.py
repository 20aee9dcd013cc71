"""Telling people that a night has stopped: a real web server, a real command."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from staging_assets.builder import NodeResult
from staging_assets.checks import CheckResult
from staging_assets.defs.alerts import channels
from staging_assets.defs.alerts.alert import Alert, AlertKind
from staging_assets.defs.alerts.channels import run_alert
from staging_assets.defs.alerts.of_a_run import find_alert, find_held_up
from staging_assets.settings import AlertSettings, read_alert_settings
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


ABOUT = {"schema": "staging_dev", "department": "north", "run_id": "abc"}
GO_ON = "dagster asset materialize --select 'staging/b,staging/c'"
BEFORE = {"a": set(), "b": {"a"}, "c": {"b"}, "d": {"c", "a"}, "e": {"a"}}


def find(results: list[NodeResult], *checks: CheckResult) -> Alert | None:
    return find_alert(
        ABOUT,
        lambda node: f"staging/{node}",
        results,
        checks,
        dependencies=BEFORE,
        go_on=GO_ON,
    )


def tell(url: str | None, log: list[str], *checks: CheckResult) -> None:
    alert = find([], *checks)
    assert alert is not None
    run_alert(AlertSettings(url), alert, log.append)


def test_nothing_is_said_when_nothing_failed() -> None:
    assert find([NodeResult("a", "built"), NodeResult("b", "unchanged")]) is None


def test_the_webhook_gets_json_without_any_row_value(hook: Hook, log: list[str]) -> None:
    tell(hook.url, log, FAILED, WARNED)
    (body,) = hook.bodies
    assert hook.headers[0]["Content-Type"] == "application/json"
    assert (body["event"], body["kind"]) == ("staging_alert", "checks_failed")
    assert (body["schema"], body["run_id"], body["failed_checks"]) == ("staging_dev", "abc", 2)
    assert body["text"].splitlines() == [
        'schema "staging_dev" of north: 2 checks failed',
        "event_id_unique on staging/arrests: event_id: 2 values more than once",
        "min_rows on staging/stops (a warning): 3 rows",
        "run abc",
    ]
    assert body["checks"][0] == {
        "asset": "staging/arrests",
        "check": "event_id_unique",
        "severity": "ERROR",
        "blocking": True,
        "could_not_be_evaluated": False,
        "summary": "event_id: 2 values more than once",
    }
    assert "4711" not in json.dumps(body)
    assert log == []


def test_a_check_is_called_by_the_key_that_dagster_shows() -> None:
    alert = find_alert(
        ABOUT, lambda node: f"city/staging/{node}", [], [FAILED], dependencies={}, go_on=""
    )
    assert alert is not None
    assert "event_id_unique on city/staging/arrests: event_id: 2 values" in alert.text
    assert [each["asset"] for each in alert.to_json()["checks"]] == ["city/staging/arrests"]


def test_a_failed_table_is_told_with_its_reason_what_it_holds_up_and_the_way_on(
    hook: Hook, log: list[str]
) -> None:
    alert = find(
        [
            NodeResult("a", "built"),
            NodeResult("b", "failed", message="b.sql:1:1: no such column\n    1 | select"),
            NodeResult("c", "skipped", message="it depends on b"),
            NodeResult("d", "skipped", message="it depends on c"),
            NodeResult("e", "built"),
        ]
    )
    assert alert is not None
    run_alert(AlertSettings(hook.url), alert, log.append)
    (body,) = hook.bodies
    assert body["kind"] == "tables_failed"
    assert body["tables"] == [
        {
            "asset": "staging/b",
            "message": "b.sql:1:1: no such column\n    1 | select",
            "holds_up": ["staging/c", "staging/d"],
        }
    ]
    assert body["go_on"] == GO_ON
    assert body["text"].splitlines() == [
        'schema "staging_dev" of north: 1 of 5 failed, 2 skipped',
        "staging/b: b.sql:1:1: no such column",
        "        1 | select",
        "    it holds up staging/c, staging/d",
        f"go on with: {GO_ON}",
        "run abc",
    ]


def test_what_is_held_up_by_another_table_is_not_blamed_on_this_one() -> None:
    assert find_held_up("a", {"c", "d"}, {**BEFORE, "c": {"b"}, "d": {"c"}}) == []
    assert find_held_up("b", {"c", "d"}, BEFORE) == ["c", "d"]
    assert find_held_up("c", {"d", "e"}, BEFORE) == ["d"]


def test_a_long_message_is_cut_in_the_text_and_whole_in_its_field() -> None:
    long = "\n".join(f"line {n}" for n in range(40))
    alert = find([NodeResult("b", "failed", message=long)])
    assert alert is not None
    assert "line 11" in alert.text
    assert "line 12" not in alert.text
    assert "(28 lines more)" in alert.text
    assert alert.to_json()["tables"][0]["message"] == long


def test_a_command_gets_the_text_and_its_subject(tmp_path: Path, log: list[str]) -> None:
    alert = find([], FAILED)
    assert alert is not None
    written = tmp_path / "mail"
    command = f'{{ echo "$STAGING_ALERT_KIND: $STAGING_ALERT_SUBJECT"; cat; }} > {written}'
    run_alert(read_alert_settings({"STAGING_ALERT_COMMAND": command}), alert, log.append)
    assert written.read_text() == f"checks_failed: {alert.headline}\n{alert.text}\n"
    assert log == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("cat > /dev/null; exit 3", "it ended with 3. Run it by hand to see why."),
        ("s3cret-is-no-program", "it ended with 127. Run it by hand to see why."),
        ("exit 0", None),
        ("sleep 60", "it did not end within 1 s, and was killed."),
    ],
)
def test_a_command_that_fails_is_a_line_in_the_log(
    command: str, said: str | None, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "COMMAND_SECONDS", 1.0)
    alert = find([], FAILED)
    assert alert is not None
    run_alert(AlertSettings(command=command), alert, log.append)
    assert log == ([] if said is None else [f"STAGING_ALERT_COMMAND: {said}"])


def test_a_webhook_that_refuses_is_a_line_in_the_log(hook: Hook, log: list[str]) -> None:
    hook.status = 500
    tell(hook.url, log, FAILED)
    assert log == ["STAGING_WEBHOOK_URL: 127.0.0.1 answered 500. The alert was not told there."]


def test_a_webhook_that_does_not_answer_is_given_up(
    hook: Hook, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "TIMEOUT_SECONDS", 0.2)
    hook.delay = 2.0
    started = time.monotonic()
    tell(hook.url, log, FAILED)
    assert time.monotonic() - started < 1.9
    assert log == [
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
    tell(url, log, FAILED)
    assert said in log[0]
    assert "s3cret" not in " ".join(log)


def test_a_flood_of_failures_is_counted_and_listed_in_part(hook: Hook, log: list[str]) -> None:
    many = [CheckResult("min_rows", f"t{i}", False) for i in range(1000)]
    tell(hook.url, log, *many)
    (body,) = hook.bodies
    assert (body["failed_checks"], len(body["checks"])) == (1000, 200)


def test_the_page_of_operations_has_every_kind_and_every_field() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    assert set(re.findall(r"^\| `(\w+_\w+)` \|", page, re.MULTILINE)) == set(get_args(AlertKind))
    [message] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    alert = find([NodeResult("b", "failed", message="why")], FAILED)
    assert alert is not None
    told, shown = alert.to_json(), json.loads(message)
    assert list(shown) == list(told)
    assert list(shown["tables"][0]) == list(told["tables"][0])
    assert all(f"`{name}`" in page for name in told["checks"][0])
