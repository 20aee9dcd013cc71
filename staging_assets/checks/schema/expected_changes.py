"""What a table's own scripts change of its structure after CREATE.

A POPULATE script may add an index, a cleanup may cast a column or drop empty ones: the table then
differs from its CREATE script on purpose. Statements that stand in a POPULATE script can be run in
the scratch schema (`find_structural`); for a cleanup, and for SQL that is only made while it runs,
the words tell what.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

from staging_assets.checks.schema.differences import Deviation
from staging_assets.model import Cleanup, SchemaNames
from staging_assets.parser import is_opaque, read_statements

_MAKES = (("create", "type"), ("create", "domain"), ("create", "sequence"))
_STRUCTURAL = (
    *_MAKES,
    ("alter", "table"),
    ("alter", "index"),
    ("alter", "sequence"),
    ("alter", "type"),
    ("alter", "trigger"),
    ("create", "index"),
    ("create", "unique", "index"),
    ("create", "trigger"),
    ("create", "or", "replace", "trigger"),
    ("create", "constraint", "trigger"),
    ("drop", "index"),
    ("drop", "trigger"),
)
_OF_COLUMN = ("cast_column", "prettify_date")
_OF_EVERYTHING = ("to_sql", "left_join", "drop_table", "copy_table", "recreate_schema", "shell")
_CHANGING = re.compile(r"\b(?:alter|drop|create|execute|call|do)\b", re.IGNORECASE)
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
class Changes:
    """What a script may change, by its words.

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

    def __or__(self, other: Changes) -> Changes:
        return Changes(
            self.columns | other.columns,
            self.drops or other.drops,
            self.rules or other.rules,
            self.anything or other.anything,
        )

    def explain_column(self, column: str, missing: bool) -> bool:
        """Whether a column may be otherwise, or gone, because of the script."""
        return self.anything or column in self.columns or (self.drops and missing)

    def find_explained(self, deviations: Sequence[Deviation]) -> list[Deviation]:
        """The deviations that these changes make."""
        columns = [
            each
            for each in deviations
            if each.column is not None and self.explain_column(each.column, each.missing)
        ]
        gone = [each.column for each in columns if each.missing and each.column is not None]
        rules = [
            each
            for each in deviations
            if each.column is None and self.explain_rule(each.text, gone)
        ]
        return [*columns, *rules]

    def explain_rule(self, definition: str, gone: Collection[str]) -> bool:
        """Whether a key, index or trigger may be otherwise because of the script.

        Args:
            definition: of it; it goes with its column.
            gone: columns that the script dropped.
        """
        named = set(re.findall(r"\w+", definition))
        return self.anything or self.rules or not named.isdisjoint(self.columns | set(gone))


def may_change(text: str) -> bool:
    """Whether some SQL may change the structure of a table: a quick look at its words."""
    return _CHANGING.search(text) is not None


def find_structural(text: str, schemas: SchemaNames, own: Collection[str]) -> list[str]:
    """The statements of a POPULATE script that change its own table's structure, in their order.

    Args:
        text: of the script.
        schemas: what it calls the schemas.
        own: names that the table's CREATE script makes.

    They are such as can be run on an empty table. Raises LexicalError when something is not
    closed.
    """
    mine = {schemas.own(name) for name in own}
    found = []
    for statement in read_statements(text, schemas):
        uses = statement.uses
        named = {use.relation for use in uses if use.relation.schema == schemas.staging}
        if not any(statement.starts_with(*words) for words in _STRUCTURAL):
            continue
        if any(statement.starts_with(*words) for words in _MAKES) or named & mine:
            found.append(text[statement.tokens[0].start : statement.tokens[-1].end])
            mine |= {use.relation for use in statement.uses if use.role in ("create", "alter")}
    return found


def find_hidden_changes(text: str, schemas: SchemaNames) -> Changes:
    """What a POPULATE script changes in blocks and by SQL that it makes, by its words."""
    hidden = [
        find_sql_changes(text[statement.tokens[0].start : statement.tokens[-1].end])
        for statement in read_statements(text, schemas)
        if statement.starts_with("do") or is_opaque(statement)
    ]
    return reduce(or_, hidden, Changes())


def find_sql_changes(text: str) -> Changes:
    """What some SQL changes, by its words."""
    columns = frozenset(name for pair in _COLUMN.findall(text) for name in pair if name)
    rules = _RULES.search(text) is not None
    # `ALTER TABLE ... ALTER x TYPE` without the word COLUMN, or a name put in later.
    anything = bool(_ALTER.search(text)) and not columns and not rules
    return Changes(columns, rules=rules, anything=anything)


@lru_cache(maxsize=512)
def find_cleanup_changes(cleanup: Cleanup) -> Changes:
    """Find what a cleanup changes, from its calls and the SQL in its strings.

    Args:
        cleanup: the script.
    """
    try:
        tree = ast.parse(cleanup.script.text)
    except (SyntaxError, ValueError):
        return Changes()
    columns: set[str] = set()
    found: list[Changes] = []
    drops = anything = False
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
            found.append(find_sql_changes(text))
    found.append(Changes(frozenset(columns), drops, anything=anything))
    return reduce(or_, found)


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
