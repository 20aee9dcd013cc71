"""The check `functions_work`: every function that scripts make could be called."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Any

from staging_assets.checks.bodies.find import BodyFaults, find_body_faults
from staging_assets.checks.core.check import Check, CheckResult, build_result
from staging_assets.checks.core.snapshot import find_asking, rolled_back
from staging_assets.model import Script, StagingProject, say
from staging_assets.parser import Rewritten, rewrite
from staging_assets.postgres import Connection

MOST_IN_SUMMARY = 3


def evaluate_functions(
    connection: Connection,
    check: Check,
    project: StagingProject,
    schema: str,
    built: Collection[str] | None = None,
) -> CheckResult:
    """Evaluate `functions_work`.

    Args:
        connection: idle; its transaction is rolled back.
        check: the check; its argument `except` lists functions that are passed over.
        project: the folder of scripts.
        schema: the schema's real name.
        built: the nodes that this run has built; None: all functions are looked at.
    """
    ask = find_asking(connection, schema, project.schemas)

    def send(script: Script) -> Rewritten:
        return rewrite(script.text, project.schemas, schema=schema, ask=ask)

    with rolled_back(connection):
        with connection.cursor() as cursor:
            cursor.execute("set local client_min_messages to error")
        # What is made for the moment is temporary, too: that takes no right to create a schema.
        found = find_body_faults(connection, project, schema, send, place="pg_temp", built=built)
    return _build_result(check, found)


def _is_excepted(routine: str, excepted: Collection[str]) -> bool:
    names = (routine, routine.rpartition(".")[2])
    return any(fnmatchcase(name, pattern) for name in names for pattern in excepted)


def _build_result(check: Check, found: BodyFaults) -> CheckResult:
    excepted = check.arguments.get("except", ())
    faults = [each for each in found.faults if not _is_excepted(each.routine, excepted)]
    findings = [str(each) for each in faults if each.certain]
    later = [str(each) for each in faults if not each.certain]
    parts = findings[:MOST_IN_SUMMARY] or [f"{say(found.count, 'function')} could be called"]
    if len(findings) > MOST_IN_SUMMARY:
        parts.append(f"and {len(findings) - MOST_IN_SUMMARY} more")
    if later:
        parts.append(f"{say(len(later), 'warning')} of what may work later")
    metadata: dict[str, Any] = {"functions": found.count}
    metadata |= {
        name: lines for name, lines in (("findings", findings), ("warnings", later)) if lines
    }
    return build_result(check, not findings, "; ".join(parts), metadata)
