"""Run config of the build."""

from typing import Literal

import dagster as dg
from pydantic import Field


class BuildConfig(dg.Config):
    """Run config of the build."""

    schema_: str = Field(
        default="",
        alias="schema",
        description="The schema to build; empty means that of the definitions. What is built into"
        " another one is reported as observed, and not as the live table's materialization.",
    )
    rebuild: Literal["all", "missing", "changed"] = Field(
        default="all",
        description="all; missing: what is not done yet; changed: what changed since its build.",
    )
    workers: int = Field(
        default=0,
        description="Connections that build at the same time; 0 means STAGING_WORKERS.",
    )
    create_only: bool = Field(
        default=False, description="Create missing tables and leave them empty."
    )
    promote: bool = Field(
        default=False,
        description="Build the candidate (`schema`, or the live schema's name with _next), and put"
        " it in place of the live schema when all of it is built and every check holds.",
    )
    keep: int = Field(
        default=1, description="With `promote`: schemas that were live before to keep; 1 to 20."
    )
    who: str = Field(default="", description="With `promote`: on whose behalf.")
    take_over: bool = Field(
        default=False,
        description="Build into a schema that was last built for another department.",
    )
