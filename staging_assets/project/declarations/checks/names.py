"""The names that declared checks get when they are given none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LONGEST_NAME = 60
_SPELLED = {"<=": " at_most ", ">=": " at_least ", "<>": " is_not ", "!=": " is_not "}
_SPELLED |= {"<": " below ", ">": " above ", "=": " is "}


def find_check_name(kind: str, arguments: Mapping[str, Any]) -> str:
    """A name that says what is checked: `event_id_unique`, `race_code_in_lookup_races`.

    Args:
        kind: of the check.
        arguments: of the check, patterns spread out.
    """
    if kind == "column_value":
        return build_name(_spell(arguments["condition"])) or kind
    columns = [arguments["column"]] if "column" in arguments else arguments.get("columns", [])
    if not columns:
        return kind
    named = "_".join(columns[:2]) + (f"_and_{len(columns) - 2}_more" if len(columns) > 2 else "")
    if kind == "relationship":
        return build_name(f"{named}_in_{arguments['to']}")
    return build_name(f"{named}_{kind.removeprefix('column_')}")


def _spell(condition: str) -> str:
    return re.sub("|".join(map(re.escape, _SPELLED)), lambda m: _SPELLED[m[0]], condition)


def build_name(text: str) -> str:
    """A name out of letters, digits and single `_`, at most 60 characters."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    return name[:LONGEST_NAME].rstrip("_")


def is_check_name(name: str) -> bool:
    """Whether Dagster takes it as the name of a check."""
    return re.fullmatch(r"[A-Za-z0-9_]{1,100}", name) is not None
