"""What an error about a body means: that it cannot work, that it may work later, or nothing.

Nothing is said of what may be there when the function is called: temporary tables, what the body
itself or a cleanup makes, tables of the scripts that are not built yet, and what a body looks for
before it uses it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from staging_assets.checks.bodies.trials import Failure
from staging_assets.model import Relation, SchemaNames, StagingProject, cleanup_node
from staging_assets.parser import LexicalError, find_references, find_users_path
from staging_assets.postgres import find_column, find_named

_NAMES = frozenset(("42P01", "42704", "42883", "3F000"))
_PLANNED = _NAMES | {"42703"}
"""What counts where a statement is planned apart from the body around it."""
_NO_FAULT = frozenset(("42501",))
_ABOUT_TEXT = ("42", "22", "0A", "3F")
"""Classes of errors that are about what is written."""
_LOOKS_FIRST = re.compile(
    r"\bto_reg\w+|\bpg_(?:class|tables|views|proc|namespace|attribute|type)\b|\binformation_schema\b",
    re.IGNORECASE,
)
_DYNAMIC = re.compile(r"\bexecute\b", re.IGNORECASE)
_SETS_PATH = re.compile(r"\bsearch_path\b", re.IGNORECASE)
_TEMPORARY = re.compile(
    r"\btemp(?:orary)?\s+(?:(?:table|(?:recursive\s+)?view|sequence)\s+)?"
    r'(?:if\s+not\s+exists\s+)?("[^"]+"|[\w$]+)',
    re.IGNORECASE,
)


class Judge:
    """Judges what the server says against bodies.

    Args:
        project: the folder of scripts.
        schema: where its functions and tables are.
        built: the nodes that this run has built; None: everything counts as it is.
        functions: the names of the functions that are there.
    """

    def __init__(
        self,
        project: StagingProject,
        schema: str,
        built: Collection[str] | None,
        functions: Collection[str] = (),
    ) -> None:
        self._project, self._schema, self._built = project, schema, built
        self._functions = functions
        self._path = find_users_path(project.schemas, schema)

    def judge(self, failure: Failure) -> bool | None:
        """Whether a body cannot work (True), may work later (False), or nothing is said of it."""
        code = failure.error.pgcode or ""
        text = failure.routine.body.text
        if code in _NO_FAULT or not code.startswith(_ABOUT_TEXT):
            return None
        part = failure.part
        apart = part is not None and (part.guarded or _DYNAMIC.search(text) is not None)
        if apart or (part is not None and code not in _PLANNED):
            return None
        if code in _PLANNED and _LOOKS_FIRST.search(text):
            return None
        if code == "42703":
            return self._judge_column(failure)
        return self._judge_name(failure, code) if code in _NAMES else True

    def _judge_name(self, failure: Failure, code: str) -> bool | None:  # noqa: PLR0911
        message = failure.error.diag.message_primary or ""
        if code == "3F000":
            return False
        named = find_named(message, code)
        if named is None or "FROM-clause" in message:
            # An operator, or the like.
            return None if failure.part is not None and "operator" not in message else True
        if named.schema not in ("", self._schema):
            return False
        if named.schema == "" and _SETS_PATH.search(failure.routine.body.text):
            return None
        if named.name in self._temporary or named.name in self._find_coming(failure):
            return None
        if any(_has_word(named.name, text) for text in self._cleanups):
            return None
        waits = named.name in (self._made_functions if code == "42883" else self._made)
        if named.name in self._functions or not self._is_reached(failure, named):
            return True
        return None if waits else True

    def _is_reached(self, failure: Failure, named: Relation) -> bool:
        """Whether a name means something of the schema that is built."""
        path = failure.routine.path
        return bool(named.schema) or self._schema in (self._path if path is None else path)

    def _judge_column(self, failure: Failure) -> bool | None:
        name = find_column(failure.error.diag.message_primary or "")
        text = failure.routine.body.text.lower()
        tables = [t for t in self._project.tables.values() if t.name.lower() in text]
        for table in tables:
            cleanup = self._project.cleanups.get(table.name)
            if cleanup is not None and _has_word(name, cleanup.script.text):
                return None
        if any(each.schema not in ("", self._schema) for each in self._find_read(failure)):
            return False
        waiting = [t for t in tables if self._built is not None and t.name not in self._built]
        return not any(_has_word(name, table.create.text) for table in waiting)

    def _find_read(self, failure: Failure) -> Iterator[Relation]:
        """The relations that a body names, of which the catalogs are none."""
        try:
            found = find_references(failure.routine.body.text, SchemaNames(self._schema))
        except LexicalError:
            return
        for each in (*found.reads, *found.writes):
            if not each.schema.startswith("pg_") and each.schema != "information_schema":
                yield each

    @cached_property
    def _made(self) -> frozenset[str]:
        """What scripts make in the schema: it may only not be there yet."""
        made = {name for table in self._project.tables.values() for name in table.own}
        for script in self._texts:
            try:
                found = find_references(script, self._project.schemas)
            except LexicalError:
                continue
            made |= {each.name for each in found.creates}
        return frozenset(made)

    @cached_property
    def _made_functions(self) -> frozenset[str]:
        return frozenset(each.name for each in self._project.find_made(functions=True))

    @cached_property
    def _texts(self) -> list[str]:
        """The texts of all SQL scripts."""
        nodes = [node for node in self._project.nodes if node not in self._of_cleanups]
        found = (self._project.find_scripts(node).values() for node in nodes)
        return [script.text for of_node in found for script in of_node]

    @cached_property
    def _of_cleanups(self) -> frozenset[str]:
        return frozenset(map(cleanup_node, self._project.cleanups))

    @cached_property
    def _cleanups(self) -> list[str]:
        return [each.script.text for each in self._project.cleanups.values()]

    @cached_property
    def _temporary(self) -> frozenset[str]:
        """The names of temporary tables that any script makes, in whatever way."""
        return find_temporary_names((*self._texts, *self._cleanups))

    def _find_coming(self, failure: Failure) -> frozenset[str]:
        """What the body itself makes before it uses it."""
        try:
            found = find_references(failure.routine.body.text, SchemaNames(self._schema))
        except LexicalError:
            return frozenset()
        return frozenset(each.name for each in found.creates)


def find_temporary_names(texts: Iterable[str]) -> frozenset[str]:
    """The names of temporary tables that are made in texts, in whatever way."""
    return frozenset(name.strip('"').lower() for text in texts for name in _TEMPORARY.findall(text))


def _has_word(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text, re.IGNORECASE) is not None
