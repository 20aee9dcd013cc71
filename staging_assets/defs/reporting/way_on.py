"""The command that goes on with a run that has failed or was stopped."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_MOST_NAMES = 20
"""How many assets are named one by one."""


def find_selection(prefix: str, nodes: Collection[str], every: Collection[str]) -> str:
    """What selects some nodes.

    Args:
        prefix: what stands before a node in its asset key.
        nodes: the ones.
        every: all that there are.
    """
    if set(nodes) >= set(every):
        return f"{prefix}/*"
    return ",".join(f"{prefix}/{node}" for node in sorted(nodes))


@dataclass(frozen=True)
class WayOn:
    """What a run was asked for.

    Args:
        selected: which assets, as a selection.
        step: the name of the step, to which run config is addressed.
        said: what run config says of what is built; what is empty says nothing.
    """

    selected: str = ""
    step: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)

    def find_command(self, left: Sequence[str] = ()) -> str:
        """The command, as typed into a shell.

        Args:
            left: asset keys that failed or were skipped. When there are none to name, or too many
                to read, it is what was selected, and of that what is not up to date.
        """
        config = {name: value for name, value in self.said.items() if value}
        if left and len(left) <= _MOST_NAMES:
            selection = ",".join(left)
        else:
            selection = self.selected
            config["rebuild"] = "changed"
        command = f"dagster asset materialize --select '{selection}'"
        if config:
            given = json.dumps({"ops": {self.step: {"config": config}}})
            command += f" --config-json {shlex.quote(given)}"
        return command
