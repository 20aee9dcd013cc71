"""Whether a cleanup touches its own table alone, as far as its text says it.

What the text does not say (SQL that is put together, a helper in another module) is seen while it
runs: every statement goes through `pgw`. Here is found what would be found then too late.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterator

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import LexicalError, Use, read_statements
from staging_assets.project.scripts.cleanup import CleanupCode
from staging_assets.project.scripts.routines import Routines

_METHODS = {
    "shell": "it uses pgw.shell, which works on a connection of its own",
    "pg_env": "it uses pgw.pg_env, with which programs connect by themselves",
    "recreate_schema": "it drops a schema",
    "left_join": "it makes a table of its own by pgw.left_join",
    "copy_table": "it makes a table of its own by pgw.copy_table",
    "create_engine": "it connects by itself",
    "popen": "it runs a program",
    "system": "it runs a program",
}
_CONNECTING = frozenset(
    """asyncio ctypes ftplib http importlib multiprocessing runpy smtplib socket socketserver
    ssl subprocess telnetlib urllib xmlrpc""".split()  # noqa: SIM905
)
_KNOWN = frozenset(("dateutil", "numpy", "pandas", "pg_tools", "psycopg2", "pytz", "sqlalchemy"))
"""Packages that work on values, or on the connections that `pgw` gives them."""

_CHANGES = {
    "write": "writes",
    "change": "changes",
    "truncate": "empties",
    "alter": "alters",
    "drop": "drops",
    "create": "makes",
    "define": "makes",
}
_ROLE = re.compile(
    r"\b(?:set|reset)\s+(?:(?:local|session)\s+)?(?:role|session\s+authorization)\b", re.IGNORECASE
)
_CATALOGS = ("information_schema", "pg_catalog")


def find_reach(
    code: CleanupCode,
    own: Collection[str],
    owners: Collection[str],
    routines: Routines,
    schemas: SchemaNames,
) -> tuple[str, int] | None:
    """Why a cleanup cannot run on a table that is not published yet, and in which line.

    Args:
        code: the script.
        own: names that its table's CREATE script makes.
        owners: names that any CREATE script makes.
        routines: those of the folder.
        schemas: what scripts call the schemas.

    Returns None when it is seen to touch its own table alone; what it reads besides is the
    caller's to judge.
    """
    in_strings = _find_in_strings(code.tree, own, owners, routines, schemas)
    found = [*_find_ways_out(code.tree), *in_strings]
    return min(found, key=lambda each: each[1], default=None)


def _find_ways_out(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """What Python reaches by other ways than the connections of `pgw`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _METHODS:
            yield _METHODS[node.attr], node.lineno
        elif isinstance(node, ast.Attribute) and node.attr == "connect":
            if isinstance(node.value, ast.Name) and node.value.id.startswith("psycopg"):
                yield "it connects by itself", node.lineno
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _find_imported(node)


def _find_imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, int]]:
    inner = isinstance(node, ast.ImportFrom)
    modules = [node.module or "."] if isinstance(node, ast.ImportFrom) else []
    for alias in node.names:
        if inner and alias.name in (*_METHODS, "connect"):
            yield _METHODS.get(alias.name, "it connects by itself"), node.lineno
        modules += [] if inner else [alias.name]
    for module in modules:
        name = module.partition(".")[0]
        if name in _CONNECTING or name not in (*sys.stdlib_module_names, *_KNOWN):
            yield f"it imports {name or module}, which may reach anything", node.lineno


def _find_in_strings(
    tree: ast.Module,
    own: Collection[str],
    owners: Collection[str],
    routines: Routines,
    schemas: SchemaNames,
) -> Iterator[tuple[str, int]]:
    """What the SQL in its strings touches besides its table; pieces of SQL are not judged."""
    mine = {schemas.own(name) for name in own}
    texts = list(_find_whole_texts(tree))
    read = []
    for text, line in texts:
        if _ROLE.search(text):
            yield "it takes another role", line
        try:
            read.append(
                (line, [use for each in read_statements(text, schemas) for use in each.uses])
            )
        except LexicalError:
            continue
    uses = [use for _, of_text in read for use in of_text]
    dropped = {use.relation for use in uses if use.role == "drop"}
    scratch = {
        each for each in dropped if each.schema == schemas.staging and each.name not in owners
    }
    for line, of_text in read:
        for use in of_text:
            is_other = use.relation.schema not in ("", "pg_temp", *_CATALOGS)
            if use.kind == "data" or use.relation in mine | scratch or not is_other:
                continue
            if use.role in _CHANGES and use.kind not in ("index", "sequence"):
                yield f"it {_CHANGES[use.role]} {use.relation}", line
        yield from ((why, line) for why in _find_in_routines(of_text, mine, routines))


def _find_in_routines(
    uses: Collection[Use], mine: Collection[Relation], routines: Routines
) -> Iterator[str]:
    """What functions of the folder do that it calls: their bodies find the published table."""
    reach = routines.reach(uses)
    if reach.opaque is not None:
        yield f"it calls {reach.opaque.name}, which makes SQL while it runs"
    for routine, use in reach.uses:
        if use.kind == "data":
            continue
        relation = use.relation
        if relation in mine:
            yield f"it calls {routine.name}, which names {relation}"
        elif use.role in _CHANGES and relation.schema not in ("", "pg_temp"):
            yield f"it calls {routine.name}, which {_CHANGES[use.role]} {relation}"
        elif use.role == "read" and _is_of_catalog(relation):
            yield f"it calls {routine.name}, which asks {relation.name}"


def _is_of_catalog(relation: Relation) -> bool:
    return relation.schema in _CATALOGS or relation.name.startswith("pg_")


def _find_whole_texts(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Strings that may be whole statements, with their lines; not those that document."""
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            left_out.update(node.values)
        elif isinstance(node, ast.BinOp):
            left_out.update((node.left, node.right))
        elif isinstance(node, ast.Attribute):
            left_out.add(node.value)  # "...".format(...), ", ".join(...)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or node in left_out:
            continue
        if isinstance(node.value, str) and any(mark.isspace() for mark in node.value.strip()):
            yield node.value, node.lineno
