"""Dagster's own processes for tests, and the questions that its page asks."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

ENDED = ("SUCCESS", "FAILURE", "CANCELED")

_LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  ... on LaunchRunSuccess { run { runId } }
  ... on PythonError { message }
  ... on Error { message }
} }
"""
_RUN = """
query ($id: ID!) { runOrError(runId: $id) { ... on Run {
  status assetSelection { path } tags { key value }
} } }
"""


def find_free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that stays, in a process group of its own, and end all of it afterwards.

    Args:
        command: the program and its arguments.
        environment: all of its variables.
        folder: where it runs.
        log: the file for what it says.
    """
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(
    true: Callable[[], object], what: str, seconds: float = 90, log: Path | None = None
) -> Any:
    """Ask until the answer is something, and return it; fail with `what` after a while.

    It asks less often the longer it takes: an answer of a server costs it a hundredth of a second.
    """
    end, pause = time.monotonic() + seconds, 0.05
    while time.monotonic() < end:
        with suppress(OSError):
            if answer := true():
                return answer
        time.sleep(pause)
        pause = min(pause * 1.3, 0.5)
    told = "" if log is None else f":\n{log.read_text()[-6000:]}"
    return pytest.fail(f"{what} did not come about in {seconds:.0f} s{told}")


def answers(address: str) -> bool:
    """Whether a web server answers."""
    with urllib.request.urlopen(f"{address}/server_info", timeout=2):
        return True


def ask(address: str, query: str, **variables: object) -> dict[str, Any]:
    """Send one GraphQL query, as the page does."""
    request = urllib.request.Request(
        f"{address}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = json.load(answer)
    assert "errors" not in told, told
    data: dict[str, Any] = told["data"]
    return data


def launch(
    address: str,
    location: str,
    job: str,
    config: Mapping[str, object] | None = None,
    assets: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
) -> str:
    """Launch a job as the page does, and return the run's id.

    Args:
        address: of the web server.
        location: the code location.
        job: its job; `__ASSET_JOB` is what the button "Materialize" launches.
        config: run config.
        assets: keys, with `/`, when not all of the job's.
        tags: of the run.
    """
    selector: dict[str, object] = {
        "repositoryLocationName": location,
        "repositoryName": "__repository__",
        "pipelineName": job,
    }
    if assets:
        selector["assetSelection"] = [{"path": key.split("/")} for key in assets]
    params = {
        "selector": selector,
        "runConfigData": config or {},
        "mode": "default",
        "executionMetadata": {
            "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]
        },
    }
    launched = ask(address, _LAUNCH, params=params)["launchRun"]
    assert "run" in launched, launched
    return str(launched["run"]["runId"])


def read_run(address: str, run_id: str) -> dict[str, Any]:
    """A run's status, assets and tags."""
    run: dict[str, Any] = ask(address, _RUN, id=run_id)["runOrError"]
    return run


def wait_for_run(address: str, run_id: str, seconds: float = 90) -> dict[str, Any]:
    """Wait until a run has ended, however it did."""

    def ended() -> dict[str, Any] | None:
        run = read_run(address, run_id)
        return run if run["status"] in ENDED else None

    found: dict[str, Any] = wait_until(ended, f"the end of run {run_id}", seconds)
    return found
