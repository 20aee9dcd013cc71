"""One pass over a script and all that it includes, as psql makes it."""

from __future__ import annotations

import re

from staging_assets.errors import Problem
from staging_assets.model import CopyData, Script
from staging_assets.parser import LETTER_OR_DIGIT, find_place
from staging_assets.project.scripts.psql.arguments import RefusedError, read_arguments
from staging_assets.project.scripts.psql.commands import (
    SHOWN_ONLY,
    explain_refusal,
    match_copy,
    read_condition,
)
from staging_assets.project.scripts.psql.files import Included, find_state
from staging_assets.project.scripts.psql.scanner import LINE_END, Scanner
from staging_assets.project.scripts.psql.transactions import Ended
from staging_assets.project.scripts.psql.values import Values, is_variable_name

_NEEDED = re.compile(
    rf"""\\|(?<!:):(?:{LETTER_OR_DIGIT}|['"{{])|\$\{{|\{{\{{|@[a-z_]\w*\.|\bstdin\b|\bcommit\b|\bstart\s+transaction\b
    |\bbegin\s*(?:;|work\b|transaction\b|isolation\b|read\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""What is in every script of which psql would send something else than its text."""
_DEEPEST = 16
_UTF_8 = ("", "utf8", "unicode")


def read_as_psql(script: Script, values: Values, files: Included) -> tuple[Script, list[Problem]]:
    """What psql sends of a script.

    Args:
        script: the file.
        values: of variables.
        files: how included files are found.

    Returns the script with that text, and what cannot be done without psql.
    """
    script = values.put_in(script)
    if not script.origins and _NEEDED.search(script.text) is None:
        return script, []
    reading = _Reading(values, files)
    reading.read(script)
    return reading.finish(script), reading.problems


class _Reading(Scanner):
    """Does what commands say."""

    def __init__(self, values: Values, files: Included) -> None:
        super().__init__(values)
        self.files = files

    def command(self, script: Script, found: re.Match[str]) -> int:
        """Do as a command says; gives the offset behind it."""
        name, start, end = found["verb"] or "", found.start(), found.end()
        if name == ";":
            self.keep(script, start + 1, end)
            return end
        whole = LINE_END.search(script.text, end)
        assert whole is not None
        if name == "copy":
            if self.active:
                return self.copy(script, start, end, whole.start())
            return whole.start()
        try:
            arguments, behind = read_arguments(script.text, end, self.variables)
        except RefusedError as error:
            if self.active and not _is_shown_only(name):
                self.note(script, error.offset, error.what, error.todo)
            return whole.start()
        if script.text.startswith("\\\\", behind):
            behind += 2
        if name in ("if", "elif", "else", "endif"):
            self.branch(script, start, name, " ".join(arguments))
        elif self.active:
            self.run(script, start, name, arguments)
            if name in ("q", "quit"):
                return len(script.text)
        return behind

    def run(self, script: Script, start: int, name: str, arguments: list[str]) -> None:
        """Run a command that is no branch and copies nothing."""
        if name in ("i", "ir", "include", "include_relative"):
            self.include(script, start, name, arguments)
        elif name == "set":
            self.set(script, start, arguments)
        elif name == "unset":
            for each in arguments[:1]:
                self.variables.pop(each, None)
        elif name in ("g", "gx", "crosstabview") and (not arguments or name == "crosstabview"):
            self.out.add_fixed(";", script, start)
            self.end_statement(self.out.length - 1)
        elif not _is_shown_only(name):
            self.note(script, start, *explain_refusal(name))
        elif name == "encoding" and "".join(arguments).lower().replace("-", "") not in _UTF_8:
            what = f"\\encoding {arguments[0]}: scripts are read as UTF-8"
            self.note(script, start, what, "Save the file as UTF-8")

    def set(self, script: Script, start: int, arguments: list[str]) -> None:
        """`\\set`: a value for what follows."""
        if not arguments:
            return
        name, value = arguments[0], "".join(arguments[1:])
        if not is_variable_name(name):
            todo = "Use letters, digits and underscores"
            self.note(script, start, f"{name!r} is no name of a variable", todo)
        elif name == "AUTOCOMMIT" and read_condition(value) is not True:
            what = "without AUTOCOMMIT nothing is kept that COMMIT does not end"
            todo = "Remove it: each script runs in a transaction of its own"
            self.note(script, start, what, todo)
        else:
            self.variables[name] = value

    def branch(self, script: Script, start: int, name: str, condition: str) -> None:
        """`\\if` and its kin."""
        if name != "if" and not self.branches:
            self.note(script, start, f"\\{name} without \\if", "Remove it")
            return
        if name == "endif":
            self.branches.pop()
            return
        around = all(read for read, _ in (self.branches if name == "if" else self.branches[:-1]))
        before = name != "if" and self.branches.pop()[1]
        wanted = around and not before
        chosen = True if name == "else" else read_condition(condition) if wanted else False
        if chosen is None:
            what = f"{condition!r} is neither true nor false"
            self.note(script, start, what, "Write a variable that is, or :{?name}")
        self.branches.append((bool(chosen) and wanted, before or bool(chosen)))

    def include(self, script: Script, start: int, name: str, arguments: list[str]) -> None:
        """`\\i` and `\\ir`: read another file here."""
        if not arguments:
            self.note(script, start, f"\\{name} names no file", "Name one")
            return
        wanted = arguments[0].rstrip(";")
        file, _ = script.origin(start)
        path = self.files.find(wanted, file, relative="r" in name.removeprefix("include"))
        if path is None:
            todo = "Write its path from the folder of scripts on, or \\ir and the path from here"
            self.note(script, start, f"there is no file {wanted!r} to include", todo)
        elif str(path.resolve()) in self.within or len(self.within) > _DEEPEST:
            self.note(script, start, f"{wanted} includes itself", "Remove it")
        elif self.statement.begun:
            self.note(script, start, "a file is included within a statement", "End that before")
        else:
            included = self.files.read(path)
            if included is not None:
                self.within.append(str(path.resolve()))
                self.read(self.values.put_in(included))
                self.within.pop()
                if self.statement.begun:
                    self.out.add_fixed(";", script, start)
                    self.end_statement(self.out.length - 1)
                self.out.add_fixed("\n", script, start)

    def copy(self, script: Script, start: int, args: int, end: int) -> int:
        """`\\copy ... from`: COPY ... FROM STDIN with what the file holds."""
        found = match_copy(script.text[args:end])
        if found is None or found["way"].lower() == "to":
            what = "\\copy ... to writes a file"
            self.note(script, start, what, "Remove it: a build only makes tables")
            return end
        source = found["what"]
        if found["program"] or source.lower() == "pstdin":
            what = f"\\copy from {'a program' if found['program'] else 'pstdin'} needs psql"
            todo = "Write its rows to a file, and name that"
            self.note(script, start, what, todo)
            return end
        path = None
        file, _ = script.origin(start)
        if source.lower() != "stdin":
            name = source[1:-1].replace("''", "'") if source[0] == "'" else source
            path = self.files.find(name, file)
            if path is None:
                todo = "Write its path from the folder of scripts on"
                self.note(script, start, f"there is no file {name!r} to copy", todo)
                return end
        at = self.out.length
        self.out.add_fixed("COPY ", script, start)
        for group in ("binary", "table"):
            if found[group]:
                self.out.add(script, args + found.start(group), args + found.end(group))
        self.out.add_fixed(" FROM STDIN ", script, start)
        options = found["options"].rstrip().rstrip(";")
        behind = args + found.start("options")
        self.out.add(script, behind, behind + len(options))
        self.out.add_fixed(";\n", script, start)
        self.ended.append(Ended(at, self.out.length, ("copy",)))
        if path is None:
            return self.rows(script, (at, self.out.length - 2), end)
        state = find_state(path)
        line = find_place(script, start).line
        self.out.data.append(CopyData(at, self.out.length - 2, file, line, None, path, state))
        return end


def _is_shown_only(name: str) -> bool:
    """Whether a command changes what psql shows and no more; `\\dt+` and its kin list objects."""
    return name.rstrip("+S") in SHOWN_ONLY or name[:1] == "d"
