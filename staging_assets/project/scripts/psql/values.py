"""The values of variables: psql's own, and those of other styles, by how scripts spell them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from staging_assets.model import Script
from staging_assets.parser import LETTER_OR_DIGIT
from staging_assets.project.scripts.psql.output import Output

_NAME = re.compile(rf"{LETTER_OR_DIGIT}+\Z")
_BRACES = re.compile(r"\{\{\s*(.*?)\s*\}\}\Z", re.DOTALL)


def is_variable_name(name: str) -> bool:
    """Whether psql takes a name for one of its variables."""
    return _NAME.match(name) is not None


@dataclass(frozen=True)
class Values:
    """What is declared.

    Args:
        variables: name to value of psql's variables, as `-v name=value` sets them.
        spelled: values of parameters of other styles, by how scripts spell them: `${YEAR}`,
            `{{ year }}`, `@year`. They are put in wherever they stand, in strings as well.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    spelled: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What finds the parameters of other styles; None when there are none."""
        if not self.spelled:
            return None
        longest = sorted(self.spelled, key=len, reverse=True)
        return re.compile("|".join(_find_pattern(each) for each in longest))

    def put_in(self, script: Script) -> Script:
        """A script with the values of parameters of other styles in their places."""
        if self.pattern is None or self.pattern.search(script.text) is None:
            return script
        values = {_plain(spelled): value for spelled, value in self.spelled.items()}
        output, done = Output(), 0
        for found in self.pattern.finditer(script.text):
            output.add(script, done, found.start())
            output.add_fixed(values[_plain(found.group())], script, found.start())
            done = found.end()
        output.add(script, done, len(script.text))
        return output.finish(script, [])


def _find_pattern(spelled: str) -> str:
    braces = _BRACES.match(spelled)
    if braces is not None:
        return rf"\{{\{{\s*{re.escape(braces[1])}\s*\}}\}}"
    before = r"(?<![\w@])" if spelled[0] in "@&#%$" or spelled[0].isalnum() else ""
    after = r"(?!\w)" if spelled[-1].isalnum() or spelled[-1] == "_" else ""
    return before + re.escape(spelled) + after


def _plain(spelled: str) -> str:
    braces = _BRACES.match(spelled)
    return f"{{{{{braces[1]}}}}}" if braces is not None else spelled
