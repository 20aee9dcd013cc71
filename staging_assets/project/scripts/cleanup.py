"""Cleanup scripts: Python with `def main(pgw)`, and what the SQL in their strings names."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from staging_assets.errors import Problem
from staging_assets.model import Relation, Script
from staging_assets.parser import LETTER, fold

_NAME = rf'(?:"(?:[^"]|"")+"|{LETTER}[\w$]*)'
_QUALIFIED = re.compile(rf'(?<![\w.$"])({_NAME})\s*\.\s*({_NAME})')
_ADDED = re.compile(
    rf"\b(?:add(?:\s+column)?(?:\s+if\s+not\s+exists)?|rename\s+(?:column\s+)?{_NAME}\s+to)"
    rf"\s+({_NAME})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Said:
    """A relation or function that a string of the script names, and the string's line."""

    relation: Relation
    line: int


@dataclass(frozen=True)
class CleanupCode:
    """What a cleanup script names.

    Args:
        script: the file.
        named: relations and functions in its strings, written in full.
        words: strings that are one plain word: arguments such as a table's name.
        added: columns that it adds.
        tree: the script as Python reads it; empty when it cannot.
    """

    script: Script
    named: tuple[Said, ...] = ()
    words: tuple[tuple[str, int], ...] = ()
    added: frozenset[str] = frozenset()
    tree: ast.Module = field(default_factory=lambda: ast.Module([], []), compare=False)


def read_cleanup(script: Script) -> tuple[CleanupCode, Problem | None]:
    """Read a cleanup without running it; the problem is what keeps `main(pgw)` from running."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are Python's business
            tree = ast.parse(script.text)
    except SyntaxError as error:
        place = (error.lineno or 1, max(1, error.offset or 1))
        what = f"this is no Python: {error.msg}"
        return CleanupCode(script), Problem(script.label, *place, what, "Correct the script")
    except (ValueError, RecursionError, MemoryError) as error:
        what = f"this is no Python: {str(error) or 'nested too deeply'}"
        return CleanupCode(script), Problem(script.label, 1, 1, what, "Correct the script")
    named, words, added = [], [], set()
    for text, line in _find_strings(tree):
        added |= {_meaning(name) for name in _ADDED.findall(text)}
        for found in _QUALIFIED.finditer(text):
            relation = Relation(_meaning(found[1]), _meaning(found[2]))
            named.append(Said(relation, line + text.count("\n", 0, found.start())))
        if text.isidentifier():
            words.append((text, line))
    code = CleanupCode(script, tuple(named), tuple(words), frozenset(added), tree)
    return code, _find_fault(script, tree)


def _find_fault(script: Script, tree: ast.Module) -> Problem | None:
    todo = "Define `def main(pgw):`, which is called with a PostgresWrangler"
    main = next((node for node in reversed(tree.body) if "main" in _defined(node)), None)
    if main is None:
        return Problem(script.label, 1, 1, "this cleanup has no main", todo)
    if isinstance(main, ast.AsyncFunctionDef):
        what = "main is a coroutine, which nothing awaits"
        return Problem(script.label, main.lineno, main.col_offset + 1, what, todo)
    if isinstance(main, ast.FunctionDef):
        taken = [*main.args.posonlyargs, *main.args.args]
        needed = len(taken) - len(main.args.defaults)
        keywords = any(default is None for default in main.args.kw_defaults)
        if needed > 1 or keywords or (not taken and main.args.vararg is None):
            what = "main does not take one argument"
            return Problem(script.label, main.lineno, main.col_offset + 1, what, todo)
    return None


def _defined(node: ast.stmt) -> set[str]:
    """The names that a statement at the top of a script gives a meaning."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, (ast.If, ast.Try, ast.With)):
        inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
        return {name for each in inner for name in _defined(each)}
    return set()


def _find_strings(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The strings of a script with their lines; those that document it are left out."""
    documents = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documents.add(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documents:
            yield node.value, node.lineno


def _meaning(name: str) -> str:
    return name[1:-1].replace('""', '"') if name[0] == '"' else fold(name)


def names_schema(code: CleanupCode, staging: str) -> bool:
    """Whether the schema is an argument of its own somewhere (`to_sql(..., schema="staging")`).

    Args:
        code: the script.
        staging: what scripts call the schema that is built.
    """
    return any(word == staging for word, _ in code.words)
