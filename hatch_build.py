"""Builds the package: hatchling, and one thing that it cannot be told in pyproject.toml.

As a library the package is light, and the embedded server, the web server and pandas are extras. A
checkout that is installed to be worked on (`uv pip install -e .`) is the whole project, and gets
them. Hatchling's functions that foretell a package's metadata are left out here, because they do
not ask the hook below: without them, and with a version that pyproject.toml does not give (which
is why it stands here), pip and uv build first and read the metadata then.
"""

from typing import Any

from hatchling.build import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__version__ = "0.1.0"

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]


class WholeProjectHook(BuildHookInterface):
    """Makes every extra a dependency of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add to what hatchling is about to build.

        Args:
            version: "standard" or "editable".
            build_data: hatchling's, which takes `dependencies`.
        """
        if version == "editable":
            build_data["dependencies"] += self.metadata.core.optional_dependencies["all"]
