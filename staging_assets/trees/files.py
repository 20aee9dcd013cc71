"""The files of a project that is made of a dump."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from staging_assets.errors import SettingsError
from staging_assets.model import SchemaNames
from staging_assets.project import Dump, DumpStatement
from staging_assets.trees.kinds import find_elsewhere
from staging_assets.trees.rows import read_copied, write_csv, write_yaml
from staging_assets.trees.sorting import Sorted, TableScripts

_MOST_INSIDE = 100_000
"""Characters of rows that stand in a script; more have a file of their own."""
_COUNTED = re.compile(r"\b(table|view|script|file|statement)\b")
_OF_OURS = re.compile(r"__(?:build|b[0-9]+|old.*|previous.*)\Z")
"""Schemas in which builds work."""
_LONGEST = 200
"""Bytes of a table's name that can be that of a file, with what stands around it."""


@dataclass
class Made:
    """What is to be written.

    Args:
        files: path below the new folder to text, or to the file that is copied there.
        taken: what there is, as sentences.
        known: what is good to know of it.
        left: what a person has to do, as sentences.
    """

    files: dict[str, str | Path] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


class Writer:
    """Puts the files together.

    Args:
        schemas: what the scripts call the schemas.
        department: whose POPULATE scripts they are.
        lookups: patterns of the tables whose rows go to the lookup YAML.
        csv: patterns of those whose rows go to CSV files.
    """

    def __init__(
        self,
        schemas: SchemaNames,
        department: str,
        lookups: Collection[str] = (),
        csv: Collection[str] = (),
    ) -> None:
        self.schemas, self.department = schemas, department
        self.lookups, self.csv = lookups, csv
        self.made = Made()
        self.yaml: list[str] = []
        self.odd: list[str] = []  # scripts of tables for which no file can be named
        self.counts = {"POPULATE script": 0, "CSV file": 0, "file of rows": 0}

    def write(self, dump: Dump, found: Sorted) -> Made:
        """All files of what was found in a dump."""
        self.check_patterns([name for name, own in found.tables.items() if not own.is_view])
        for name, scripts in found.tables.items():
            self.write_table(name, scripts)
        for stem, texts in found.procedures.items():
            self.add(f"create_stored_procedures/{self.free_stem(stem)}.sql", "\n\n".join(texts))
        if self.odd:
            self.add("create_tables/odd_names.sql", "\n\n".join(self.odd))
        if self.yaml:
            self.add("populate_tables/lookup/lookup_tables.yaml", "\n".join(self.yaml))
        declared: dict[str, object] = {}
        if self.schemas.path:
            declared["search_path"] = list(self.schemas.path)
        if found.needs:
            nodes = {node: [f"stored_procedures/{stem}"] for node, stem in found.needs.items()}
            declared["dependencies"] = nodes
        if declared:
            self.add("staging.yaml", yaml.safe_dump(declared, sort_keys=False))
        self.made.files["settings.env"] = self.build_settings()
        self.tell(found)
        return self.made

    def add(self, path: str, text: str | Path) -> None:
        """Add a file below sql/."""
        whole = text if isinstance(text, Path) else text.rstrip("\n") + "\n"
        self.made.files[f"sql/{path}"] = whole

    def check_patterns(self, names: Sequence[str]) -> None:
        """Raise SettingsError for a pattern of rows that fits no table."""
        for option, patterns in (("--lookups", self.lookups), ("--csv", self.csv)):
            for pattern in patterns:
                if not any(fnmatchcase(name, pattern) for name in names):
                    listed = ", ".join(sorted(names)[:10]) or "none"
                    raise SettingsError(
                        f"import {option} {pattern}: there is no such table. There are: {listed}."
                    )

    def free_stem(self, stem: str) -> str:
        """A name for a script of stored procedures that no other has, in any case."""
        plain = re.sub(r"[^\w.+-]+", "_", stem)[:_LONGEST] or "_"
        taken = {Path(path).stem.lower() for path in self.made.files if "stored" in path}
        return next(
            name
            for name in (plain, *(f"{plain}_{number}" for number in range(2, len(taken) + 3)))
            if name.lower() not in taken
        )

    def write_table(self, name: str, scripts: TableScripts) -> None:
        """The files of one table or view."""
        named = "/" not in name and name.isprintable() and len(name.encode()) <= _LONGEST
        kept = scripts.kept if named else "its name cannot be that of a file"
        fill = scripts.fill
        create = list(scripts.create)
        if fill and not named:
            create += [each for each in fill if not each.is_setting]
            fill = []
        folder = "create_tables"
        text = "\n\n".join(self.spell(each, name, folder) for each in create)
        if named:
            self.add(f"{folder}/{self.schemas.create_file(name)}", text)
        else:
            self.odd.append(text)
        if kept is not None and any(each.data for each in create):
            self.made.known.append(f"{name}: its rows are in its CREATE script, since {kept}")
        if not fill and not scripts.is_view and _fits(name, (*self.lookups, *self.csv)):
            rows = f"its rows stay in its CREATE script, since {kept}" if kept else "it has no rows"
            self.made.left.append(f"{name}: {rows}")
        if fill and not self.write_lookup(name, fill):
            self.write_populate(name, fill)

    def write_lookup(self, name: str, fill: Sequence[DumpStatement]) -> bool:
        """Write rows to the lookup YAML, if that is wanted; what sets sequences goes to CREATE."""
        if not _fits(name, self.lookups):
            return False
        copies = [each for each in fill if each.data]
        rows = read_copied(copies[0]) if len(copies) == 1 else None
        others = [each for each in fill if not each.data and not each.is_setting]
        if rows is None or any(not each.read.starts_with("select") for each in others):
            self.made.left.append(
                f"{name}: its rows are not those of one plain COPY, and stay in a POPULATE script"
            )
            return False
        self.yaml.append(write_yaml(name, *rows))
        path = f"sql/create_tables/{self.schemas.create_file(name)}"
        if others:
            create = self.made.files[path]
            more = "\n\n".join(self.spell(each, name, "create_tables") for each in others)
            self.made.files[path] = f"{create}\n{more}\n"
        return True

    def write_populate(self, name: str, fill: Sequence[DumpStatement]) -> None:
        """Write a POPULATE script."""
        folder = f"populate_tables/{self.department}"
        as_csv = _fits(name, self.csv)
        text = "\n\n".join(self.spell(each, name, folder, as_csv=as_csv) for each in fill)
        self.add(f"{folder}/POPULATE-{self.schemas.in_file_names}-{name}.sql", text)
        self.counts["POPULATE script"] += 1

    def spell(
        self, statement: DumpStatement, table: str, folder: str, *, as_csv: bool = False
    ) -> str:
        """A statement as it is written, with the rows that it copies there or in a file."""
        text, data = statement.text, statement.data
        if data is not None:
            rows = read_copied(statement) if as_csv else None
            if as_csv and rows is None:
                self.made.left.append(f"{table}: its rows are no plain COPY, and are no CSV file")
            if rows is not None:
                text = self.copy_from(statement, table, folder, write_csv(*rows))
            elif data.text is None or len(data.text) > _MOST_INSIDE:
                text = self.copy_from(statement, table, folder, data.path or data.text or "")
            else:
                end = "" if not data.text or data.text.endswith("\n") else "\n"
                text = f"{text};\n{data.text}{end}\\."
        else:
            text = f"{text};"
        return f"{statement.lead}\n{text}" if statement.lead else text

    def copy_from(self, statement: DumpStatement, table: str, folder: str, rows: str | Path) -> str:
        """Write rows to a file; returns what copies them from there."""
        as_csv = isinstance(rows, str) and not (statement.data and statement.data.text == rows)
        self.counts["CSV file" if as_csv else "file of rows"] += 1
        suffix = "csv" if as_csv else "rows"
        stem = f"{self.schemas.in_file_names}-{table}"
        number = 1
        while f"sql/{folder}/{stem}.{suffix}" in self.made.files:
            number += 1
            stem = f"{self.schemas.in_file_names}-{table}-{number}"
        self.made.files[f"sql/{folder}/{stem}.{suffix}"] = rows
        file = f"{stem}.{suffix}".replace("'", "''")
        text = " ".join(statement.text.split("\n")).rstrip()
        head, _, options = re.split(r"\b(from\s+stdin)\b", text, maxsplit=1, flags=re.IGNORECASE)
        options = " WITH (FORMAT csv, HEADER)" if as_csv else options
        return f"\\copy {head[5:].strip()} FROM '{file}'{options}"

    def build_settings(self) -> str:
        """What the environment has to say."""
        lines = [f"STAGING_DEPARTMENT={self.department}"]
        if self.schemas.staging != "staging":
            lines.append(f"STAGING_SCHEMA_IN_FILES={self.schemas.staging}")
        lines.append("# Without PGHOST or STAGING_DATABASE_URL an embedded PostgreSQL is used.")
        return "\n".join(lines) + "\n"

    def tell(self, found: Sorted) -> None:
        """Say what there is, and what is left."""
        views = sum(scripts.is_view for scripts in found.tables.values())
        counts = {
            "table": len(found.tables) - views,
            "view": views,
            "script of functions, types and the like": len(found.procedures),
            **self.counts,
            "table in the lookup YAML": len(self.yaml),
        }
        self.made.taken[:0] = [_count(count, what) for what, count in counts.items() if count]
        if found.parts:
            self.made.known.append(
                f"{', '.join(found.parts)}: made once, since several use them; to change one "
                "later, add ALTER to its script"
            )
        roles = sorted(found.roles)
        if roles:
            self.made.known.append(
                f"the scripts name these roles, which the server must have: {', '.join(roles)}"
            )
        self.made.left += _tell_left(found.left, self.schemas.staging)


def _fits(name: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {_COUNTED.sub(_add_s, what, count=1)}"


def _add_s(found: re.Match[str]) -> str:
    return f"{found[1]}s"


def _tell_left(statements: Sequence[DumpStatement], staging: str) -> list[str]:
    """What became of statements that no file got; those of other schemas in one line each."""
    elsewhere: dict[str, int] = {}
    told = []
    for each in statements:
        other = find_elsewhere(each, staging)
        words = " ".join(token.value for token in each.read.tokens[:3] if token.kind == "word")
        if other is not None:
            elsewhere[other] = elsewhere.get(other, 0) + 1
        else:
            told.append(
                f"{each.place}: `{words.upper()} ...` is about no table, or several, and was left "
                "out"
            )
    others = [
        f"schema {schema}: {_count(count, 'statement')} left out; import it by itself with --schema"
        for schema, count in sorted(elsewhere.items())
        if not _OF_OURS.search(schema)
    ]
    return [*others, *told]
