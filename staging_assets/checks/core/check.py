"""What a check is before and after it is evaluated: `Check` and `CheckResult`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

ERROR, WARN = "ERROR", "WARN"

Metadata = Mapping[str, "int | float | str | list[Any]"]


@dataclass(frozen=True)
class Check:
    """One check of one node.

    Args:
        name: unique within the node; the name of the asset check.
        kind: the name of its kind; a key of `checks.kinds.KINDS`.
        table: the node whose check it is: a table, `<table>_cleanup` or `schema`.
        arguments: what the kind needs, validated; `sample_columns` among them where declared.
        severity: "ERROR" or "WARN".
        blocking: whether a failure keeps the table from being published. Never with "WARN".
        description: for people, or None.
        relation: the table that is looked at; empty means `table`. Another one for cleanups.
    """

    name: str
    kind: str
    table: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    severity: str = ERROR
    blocking: bool = True
    description: str | None = None
    relation: str = ""

    def __post_init__(self) -> None:
        if not self.relation:
            object.__setattr__(self, "relation", self.table)
        if self.severity != ERROR and self.blocking:
            object.__setattr__(self, "blocking", False)

    @property
    def key(self) -> tuple[str, str]:
        """Node and name, which no other check of the schema has."""
        return self.table, self.name


@dataclass(frozen=True)
class CheckResult:
    """What came of one `Check`.

    Args:
        name, table, severity, blocking: as in the check. A check that could not be
            evaluated is always an "ERROR".
        passed: whether it holds. Never true for one that could not be evaluated.
        metadata: plain-English names to numbers, texts and lists, for people and plots.
            `sql` is the query that was run.
        summary: one line for people, without row values.
        error: whether it could not be evaluated at all; the summary says why.
    """

    name: str
    table: str
    passed: bool
    severity: str = ERROR
    blocking: bool = True
    metadata: Metadata = field(default_factory=dict)
    summary: str = ""
    error: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What it found besides, which fails nothing, as lines for people."""
        found = self.metadata.get("warnings", ())
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def stops(self) -> bool:
        """Whether it keeps the table from being published."""
        return not self.passed and self.blocking

    @property
    def fails(self) -> bool:
        """Whether it makes a run of checks end badly: a failed check that is no warning."""
        return not self.passed and self.severity == ERROR


@dataclass(frozen=True)
class EvaluationContext:
    """What is known about a table besides what the database says.

    Args:
        own: names that the table's CREATE script makes, and those of tables that are published
            with it. In a check they mean the relation's own schema, so that shadow tables are
            checked and not the published ones.
        previous_rows: rows of the table's last build; None means: look into the history.
        label: where the checks are declared, for messages.
    """

    own: Collection[str] = ()
    previous_rows: int | None = None
    label: str = "staging.yaml"


def build_result(
    check: Check, passed: bool, summary: str, metadata: Metadata | None = None
) -> CheckResult:
    """The result of a check that was evaluated."""
    return CheckResult(
        name=check.name,
        table=check.table,
        passed=passed,
        severity=check.severity,
        blocking=check.blocking,
        metadata=metadata or {},
        summary=summary,
    )


def build_error(check: Check, reason: str, metadata: Metadata | None = None) -> CheckResult:
    """The result of a check that could not be evaluated: it fails, and is no warning."""
    return CheckResult(
        name=check.name,
        table=check.table,
        passed=False,
        severity=ERROR,
        blocking=check.blocking,
        metadata=metadata or {},
        summary=f"could not be evaluated: {reason}",
        error=True,
    )
