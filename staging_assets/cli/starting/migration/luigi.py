"""What the old modules and `luigi.cfg` say. Nothing of them is run."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_NAMES = ("table_priorities", "tables_and_cleanup_scripts", "schema_in_file")
_ASSIGNED = re.compile(rf"^({'|'.join(_NAMES)})\s*=\s*", re.MULTILINE)
_CLOSING = {"{": "}", "[": "]", "(": ")"}


@dataclass
class LuigiSettings:
    """What a luigi pipeline was told.

    Args:
        priorities: table to its priority.
        cleanups: table to the path of its cleanup script and the column that it fills, or None.
        schema_in_file: what the scripts call the schema.
        schema: what was built, or empty.
        database: of luigi.cfg's `[postgres]`, without a password.
        notes: what could not be read, with its place.
    """

    priorities: dict[str, int] = field(default_factory=dict)
    cleanups: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    schema_in_file: str = "staging"
    schema: str = ""
    database: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_luigi(modules: Mapping[str, str], configurations: Mapping[str, str]) -> LuigiSettings:
    """Read the settings of a pipeline.

    Args:
        modules: path, as it is shown, to the text of a Python module, of any version of Python.
        configurations: path to the text of a luigi.cfg.
    """
    settings = LuigiSettings()
    for path, text in modules.items():
        for name, line, value in _find_values(text):
            if value is None:
                settings.notes.append(
                    f"{path}:{line}: {name} is put together by code. Say it in staging.yaml."
                )
            else:
                _take(settings, name, value, f"{path}:{line}")
    for path, text in configurations.items():
        _read_configuration(settings, path, text)
    return settings


def _find_values(text: str) -> Iterator[tuple[str, int, Any]]:
    """Globals that are written out: name, line, value (None where it is not written out).

    The module may be of a Python that this one cannot read, so only the value is parsed.
    """
    for found in _ASSIGNED.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        try:
            yield found[1], line, ast.literal_eval(_cut_value(text, found.end()))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            yield found[1], line, None


def _cut_value(text: str, start: int) -> str:
    """The text of a value: to the end of its line, or to the bracket that ends it."""
    if text[start : start + 1] not in _CLOSING:
        return text[start:].partition("\n")[0]
    depth = 0
    quote = ""
    index = start
    while index < len(text):
        character = text[index]
        if quote:
            index += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#":
            index = text.find("\n", index)
            if index < 0:
                break
        elif character in _CLOSING:
            depth += 1
        elif character in _CLOSING.values():
            depth -= 1
            if depth == 0:
                return text[start : index + 1]
        index += 1
    return text[start:]


def _take(settings: LuigiSettings, name: str, value: Any, place: str) -> None:
    if name == "schema_in_file" and isinstance(value, str):
        settings.schema_in_file = value.strip().rstrip(".")
    elif name == "table_priorities" and isinstance(value, dict):
        for table, priority in value.items():
            if isinstance(priority, (int, float)) and not isinstance(priority, bool):
                settings.priorities[str(table)] = int(priority)
            else:
                settings.notes.append(f"{place}: the priority of {table} is no number.")
    elif name == "tables_and_cleanup_scripts" and isinstance(value, dict):
        for table, said in value.items():
            parts = [said] if isinstance(said, str) else said
            if isinstance(parts, (list, tuple)) and parts and isinstance(parts[0], str):
                column = parts[1] if len(parts) > 1 and isinstance(parts[1], str) else None
                settings.cleanups[str(table)] = (parts[0], column)
            else:
                settings.notes.append(f"{place}: the cleanup of {table} names no script.")
    else:
        settings.notes.append(f"{place}: {name} is of a kind that is not known. Say it by hand.")


def _read_configuration(settings: LuigiSettings, path: str, text: str) -> None:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        # The text of this error may hold the line, and that may be the password's.
        settings.notes.append(f"{path}: it cannot be read ({type(error).__name__}).")
        return
    for section in parser.sections():
        said = {name.replace("-", "_"): value for name, value in parser.items(section)}
        if section.lower() in ("postgres", "postgresql", "database"):
            for name in ("host", "port", "user", "database", "dbname"):
                if said.get(name):
                    settings.database["database" if name == "dbname" else name] = said[name]
            if "password" in said:
                settings.notes.append(
                    f"{path}: the password is not copied. Put it into ~/.pgpass, or PGPASSWORD."
                )
        elif said.get("schema"):
            settings.schema = said["schema"]
