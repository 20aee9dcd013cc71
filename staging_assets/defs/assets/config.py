"""Run config of the build."""

import difflib
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from staging_assets.builder import Rebuild
from staging_assets.errors import SettingsError

REBUILD_TAG = "staging_rebuild"
"""The tag of a run that says `rebuild` where its run config does not."""


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
    changed_from: str = Field(
        default="",
        description="Build a branch of this schema, the live one: what its scripts make otherwise,"
        " and what depends on that. The rest is read there. Into `schema`, or its name with _next.",
    )
    covers: list[str] = Field(
        default_factory=list,
        description="Patterns of nodes (`*`, `lookup_*`) that are built as well as `rebuild` says,"
        " without being selected: Dagster's events for each that is unchanged are saved.",
    )
    workers: int = Field(
        default=0,
        description="Connections that build at the same time; 0 means STAGING_WORKERS.",
    )
    create_only: bool = Field(
        default=False, description="Create missing tables and leave them empty."
    )
    variables: dict[str, Any] = Field(
        default_factory=dict,
        description="Values of parameters in scripts, by how scripts spell them (`day` for psql's"
        " `:day`); they win over STAGING_VARIABLES and staging.yaml.",
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


def check_addressed(context: dg.AssetExecutionContext) -> None:
    """Look for run config of a step that is misspelt: Dagster passes over it without a word.

    Raises SettingsError when a name is like the step's and no step is called so.
    """
    own = context.op_def.name
    told: dict[str, object] = dict(context.run.run_config)
    ops = told.get("ops")
    named = [str(name) for name in ops] if isinstance(ops, dict) else []
    for name in named:
        other = name.startswith("staging_build_")  # another department's
        if name != own and not other and difflib.get_close_matches(name, [own], 1, 0.8):
            raise SettingsError(
                f"run config: ops:{name}: there is no such step. Did you mean {own}?"
            )


def find_rebuild(context: dg.AssetExecutionContext, config: BuildConfig) -> Rebuild:
    """What is built again: what run config says, else what the run's tag does.

    Automation conditions cannot give run config to the runs that they ask for.

    Raises SettingsError when the tag says something else.
    """
    given: Any = context.run.run_config
    own = (given.get("ops") or {}).get(context.op_def.name) or {}
    tag = context.run.tags.get(REBUILD_TAG)
    if tag is None or "rebuild" in (own.get("config") or {}):
        return Rebuild(config.rebuild)
    try:
        return Rebuild(tag)
    except ValueError:
        failure = f"the run's tag {REBUILD_TAG}: {tag!r} is none of all, missing, changed."
    raise SettingsError(f"{failure} Correct it, or leave it out.")


def find_said(config: BuildConfig) -> dict[str, Any]:
    """What run config says of what is built, for the command that goes on with the run.

    Args:
        config: of the run.
    """
    return {
        "schema": config.schema_,
        "changed_from": config.changed_from,
        "variables": config.variables,
    }
