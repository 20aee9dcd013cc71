"""What a kind of check is: one object that is read, evaluated, put into words and documented.

`docs/adding-a-check-kind.md` adds one, step by step.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from staging_assets.checks.core.check import Check
from staging_assets.checks.core.probe import CheckedTable, Probe, Verdict
from staging_assets.model import SchemaNames

Arguments = dict[str, Any]

LONGEST_NAME = 60


class Written(Protocol):
    """What stands in staging.yaml at one place: how a kind reads its arguments.

    Each method raises what `mistake` gives when something else stands there.
    """

    @property
    def is_text(self) -> bool:
        """Whether it is one value, and neither a list nor a mapping."""

    @property
    def value(self) -> Any:
        """As YAML reads it: text, number, date, list ..."""

    @property
    def exact(self) -> Any:
        """As Postgres reads what is written: a whole number, or the text that stands there."""

    def mistake(self, what: str, todo: str) -> Exception:
        """The exception to raise here: what is wrong and what to do, without full stops."""

    def text(self, what: str) -> str:
        """A text that is not empty; `what` says which, for the message."""

    def texts(self, what: str) -> list[str]:
        """One text, or a list of them."""

    def number(self, *, whole: bool = True) -> Any:
        """A number of at least 0: a count, or (not `whole`) a percentage."""

    def items(self, what: str, todo: str) -> Sequence[Written]:
        """The items of a list."""

    def pairs(self) -> Sequence[tuple[str, Written, Written]]:
        """The pairs of a mapping: key as text, its place, the value's place."""


class CheckKind:
    """One kind of check; a subclass says what is different about its kind.

    The four texts are required. `{names}` in `words` are arguments.
    """

    name: str
    """As it is written in staging.yaml, and found in `KINDS`."""
    words: str
    """The check in one sentence, where it has no description: `At least {rows} rows.`"""
    takes: str = "none"
    """What is written after the name, for the table in docs/checks.md."""
    holds: str
    """When it holds, for the same table."""
    of_schema: bool = False
    """Whether it is about the whole schema and not about one table."""
    late: bool = False
    """Whether it can only be answered when everything else has been built."""
    default_of: Collection[str] = ()
    """What has it without a declaration (`table`, `cleanup`), which may then change it."""
    needs_name: bool = False
    """Whether a declaration has to give it a name."""
    takes_except: bool = False
    """Whether `except:` may list what it passes over."""
    may_lack_columns: bool = False
    """Whether a column that the CREATE script lacks is no mistake in a declaration."""

    def read(self, written: Written) -> list[Arguments]:
        """Read what stands after the name: the arguments of each check that is meant."""
        if written.value not in (None, True):
            raise written.mistake("this check takes no arguments", "Leave the value out")
        return [{}]

    def columns(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The columns of the table that a check cannot do without."""
        single = [arguments["column"]] if "column" in arguments else []
        return (*single, *arguments.get("columns", ()), *arguments.get("sample_columns", ()))

    def other_column(self, arguments: Mapping[str, Any]) -> tuple[str, str] | None:
        """The table and column elsewhere that the values are compared with."""
        return None

    def tables(self, arguments: Mapping[str, Any], schemas: SchemaNames) -> Collection[str]:
        """The staging tables that a check looks at besides its own; it waits for them."""
        other = self.other_column(arguments)
        return () if other is None else (other[0],)

    def suggest_name(self, arguments: Mapping[str, Any]) -> str:
        """The name of a check that was given none: `event_id_unique`."""
        columns = [arguments["column"]] if "column" in arguments else arguments.get("columns", [])
        if not columns:
            return self.name
        more = f"_and_{len(columns) - 2}_more" if len(columns) > 2 else ""
        return spell_name("_".join([*columns[:2]]) + f"{more}_{self.name.removeprefix('column_')}")

    def describe(self, arguments: Mapping[str, Any]) -> str:
        """The check in words."""
        return self.words.format_map({name: _say(value) for name, value in arguments.items()})

    def judge_rows(self, check: Check, rows: int) -> Verdict | None:
        """The verdict, where the number of the table's rows is enough for one."""
        return None

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        """What to ask the server about a table that exists and has `columns`."""
        raise NotImplementedError(f"{self.name}: checks of the whole schema have no probe")


def spell_name(text: str) -> str:
    """A name out of letters, digits and single `_`, at most 60 characters."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    return name[:LONGEST_NAME].rstrip("_")


def _say(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
