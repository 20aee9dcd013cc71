"""What a cleanup script changes of its table's structure, by its own words.

A cleanup may cast a column or drop empty ones: the table then differs from its CREATE script on
purpose. The calls of `pgw` and the SQL in the script's strings tell what.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from staging_assets.model import Cleanup

_OF_COLUMN = ("cast_column", "prettify_date")
_OF_EVERYTHING = ("to_sql", "left_join", "drop_table", "copy_table", "recreate_schema", "shell")
_ALTER = re.compile(r"\balter\s+table\b", re.IGNORECASE)
_COLUMN = re.compile(
    r"\b(?:add|drop|alter|rename)\s+column\s+(?:if\s+(?:not\s+)?exists\s+)?\"?(\w+)\"?"
    r"(?:\s+to\s+\"?(\w+)\"?)?",
    re.IGNORECASE,
)
_RULES = re.compile(
    r"\b(?:add\s+(?:constraint|primary|unique|foreign|check)|drop\s+constraint|create\s+index"
    r"|create\s+unique\s+index|drop\s+index|create\s+trigger|drop\s+trigger|create\s+table"
    r"|drop\s+table|rename\s+to)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CleanupChanges:
    """What a cleanup may change.

    Args:
        columns: columns that it adds, drops, casts or renames.
        drops: whether it drops columns that it finds empty.
        rules: whether it changes keys, indexes or triggers.
        anything: whether it may change everything (it replaces the table, say).
    """

    columns: frozenset[str] = frozenset()
    drops: bool = False
    rules: bool = False
    anything: bool = False

    def explain_column(self, column: str, missing: bool) -> bool:
        """Whether a column may be otherwise, or gone, because of the cleanup."""
        return self.anything or column in self.columns or (self.drops and missing)

    def explain_rule(self, definition: str, gone: Collection[str]) -> bool:
        """Whether a key, index or trigger may be otherwise because of the cleanup.

        Args:
            definition: of it; it goes with its column.
            gone: columns that the cleanup dropped.
        """
        named = set(re.findall(r"\w+", definition))
        return self.anything or self.rules or not named.isdisjoint(self.columns | set(gone))


@lru_cache(maxsize=512)
def find_cleanup_changes(cleanup: Cleanup) -> CleanupChanges:
    """Find what a cleanup changes, from its calls and the SQL in its strings.

    Args:
        cleanup: the script.
    """
    try:
        tree = ast.parse(cleanup.script.text)
    except (SyntaxError, ValueError):
        return CleanupChanges()
    columns: set[str] = set()
    drops = rules = anything = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            anything |= name in _OF_EVERYTHING
            drops |= name == "drop_empty_columns"
            if name in _OF_COLUMN:
                column = _find_column(node)
                if column is None:
                    anything = True
                else:
                    columns.add(column)
        text = _find_text(node)
        if text:
            found = {name for pair in _COLUMN.findall(text) for name in pair if name}
            columns |= found
            rules |= _RULES.search(text) is not None
            # `ALTER TABLE ... ALTER x TYPE` without the word COLUMN, or a name put in later.
            anything |= bool(_ALTER.search(text)) and not found and not _RULES.search(text)
    return CleanupChanges(frozenset(columns), drops, rules, anything)


def _find_column(call: ast.Call) -> str | None:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "column"]
    first = given[0] if given else call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value.strip('"')
    return None


def _find_text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            each.value if isinstance(each, ast.Constant) and isinstance(each.value, str) else "?"
            for each in node.values
        )
    return ""
