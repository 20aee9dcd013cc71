"""A selection that is typed and selects nothing is an error, with the nearest names.

Stock Dagster builds everything then, and ends with 0: for a run, no assets are all assets. Only
what stands on the command line is looked at, since a job may well select what is not there yet.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

import click
import dagster as dg

_OPTIONS = {"materialize": "select", "launch": "assets"}
"""The commands that run what is selected, and the option that selects it."""

_SOURCES = "Sources become assets when STAGING_ETL_CSV_DIR names a folder with their CSV files"
_GROUP = re.compile(r"""\s*group:\s*["']?(?P<name>[^"']*)""")
_ALIKE = 0.6
_MOST = 3


def find_typed() -> tuple[str, ...]:
    """The parts of the selection on the command line of the command that runs; () when none."""
    context = click.get_current_context(silent=True)
    while context is not None:
        option = _OPTIONS.get(context.info_name or "")
        text = context.params.get(option) if option else None
        if isinstance(text, str):
            return tuple(text.split(","))
        context = context.parent
    return ()


class TypedSelection(dg.AssetSelection):
    """A selection as it was typed, which has to select something.

    Args:
        text: what was typed.
        meant: what Dagster makes of it.
    """

    def __init__(self, text: str, meant: dg.AssetSelection) -> None:
        self._text, self._meant = text, meant

    def resolve_inner(self, asset_graph: Any, allow_missing: bool) -> Any:
        """The keys. Raises a click exception, which is told in one line, when there are none."""
        try:
            found = self._meant.resolve_inner(asset_graph, allow_missing=allow_missing)
        except dg.DagsterInvalidSubsetError:
            found = set()
        keys = {key.to_user_string() for key in asset_graph.materializable_asset_keys}
        if not any(key.to_user_string() in keys for key in found):
            groups = {asset_graph.get(key).group_name for key in found} | {
                asset_graph.get(key).group_name for key in asset_graph.materializable_asset_keys
            }
            raise click.ClickException(find_message(self._text, keys, groups))
        return found

    def resolve_checks_inner(self, asset_graph: Any, allow_missing: bool) -> Any:
        """The checks of what is selected, and those that are selected by themselves."""
        return self._meant.resolve_checks_inner(asset_graph, allow_missing=allow_missing)

    def to_selection_str(self) -> str:
        """What Dagster writes for it."""
        return self._meant.to_selection_str()


def find_message(text: str, keys: Iterable[str], groups: Iterable[str]) -> str:
    """What to say of a selection that selects nothing.

    Args:
        text: the selection as typed.
        keys: the assets that can be built, with slashes.
        groups: the groups that they are in.
    """
    keys, groups = sorted(keys), sorted(groups)
    said = f"--select {text.strip()}: selects nothing."
    group = _GROUP.match(text)
    if group:
        near = difflib.get_close_matches(group["name"], groups, _MOST, _ALIKE)
        named = ", ".join(f"group:{name}" for name in near or groups)
        return f"{said} {'The nearest' if near else 'There are'}: {named}."
    near = list(_find_near_keys(text, keys))
    if near:
        return f"{said} The nearest: {', '.join(near)}."
    if text.strip("\"' ").startswith("etl/"):
        return f"{said} {_SOURCES}."
    return f"{said} `dagster asset list` names everything that can be selected."


def _find_near_keys(text: str, keys: list[str]) -> Iterator[str]:
    """Keys and prefixes that look like the name in a selection; stars and plus signs aside."""
    typed = re.sub(r"^\s*key:|[\"'+*\s]", "", text).rstrip("/")
    whole = text.strip("\"' ").endswith("/*")
    prefixes = {key.rsplit("/", depth)[0] for key in keys for depth in range(1, key.count("/") + 1)}
    names = sorted(prefixes) if whole else keys
    last = typed.rsplit("/", 1)[-1]
    near = [
        name
        for name in difflib.get_close_matches(typed, names, len(names) or 1, _ALIKE)
        # Sharing a prefix makes no two names alike.
        if whole or difflib.SequenceMatcher(None, last, name.rsplit("/", 1)[-1]).ratio() >= _ALIKE
    ]
    # A name without its prefix, as people say it.
    near += [name for name in keys if name.rsplit("/", 1)[-1] == typed and name not in near]
    for name in near[:_MOST]:
        yield f"{name}/*" if whole else name
