"""Every setting of the environment, as `docs/settings.md` lists them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple


class Variable(NamedTuple):
    """A setting, or several that belong together.

    Args:
        names: of the environment variables.
        default: what holds when none is set, in Markdown.
        text: what it is for, in Markdown; links are those of a page in `docs/`.
    """

    names: tuple[str, ...]
    default: str
    text: str


VARIABLES = (
    Variable(
        ("STAGING_DATABASE_URL",),
        "the embedded server",
        "`postgresql://user@host:5432/database`",
    ),
    Variable(
        ("STAGING_SQL_DIR",),
        "`sql`",
        "the folder of scripts",
    ),
    Variable(
        (
            "STAGING_CREATE_DIR",
            "STAGING_PROCEDURES_DIR",
            "STAGING_POPULATE_DIR",
        ),
        "their places in `STAGING_SQL_DIR`",
        "folders of scripts elsewhere; several are separated as in `PATH`, and the first "
        "that has a script for a table wins",
    ),
    Variable(
        ("STAGING_LOOKUP_FILE",),
        "`lookup/lookup_tables.yaml` of the populate folders",
        "lookup files; the rows of several are added up",
    ),
    Variable(
        ("STAGING_VARIABLES",),
        "none",
        "values of [parameters in scripts](scripts.md#psqls-language): `day=2024-01-31 "
        "'${YEAR}=2024'`",
    ),
    Variable(
        ("STAGING_DEPARTMENT",),
        "the only one there is, else `demo`",
        "the folder under `populate_tables/`",
    ),
    Variable(
        ("STAGING_SCHEMA",),
        "`staging`",
        "the schema that is built, whatever the scripts call it",
    ),
    Variable(
        ("STAGING_SCHEMA_IN_FILES",),
        "`staging`",
        "[what the scripts call it](scripts.md#the-schemas-names), in SQL and in the "
        "names of files",
    ),
    Variable(
        ("STAGING_ETL_SCHEMA",),
        "`etl`",
        "where CSV files are loaded, and what `etl` in the scripts means",
    ),
    Variable(
        ("STAGING_ETL_CSV_DIR",),
        "none",
        "every `*.csv` and `*.csv.gz` in it becomes an asset `etl/<name>`; [`csv` in "
        "`staging.yaml`](csv.md) says how they are written",
    ),
    Variable(
        ("STAGING_HOME",),
        "`.staging`",
        "where the embedded server, the history of runs and what is remembered of the scripts live",
    ),
    Variable(
        ("DAGSTER_HOME",),
        "`dagster`, or `dagster_postgres`, in `STAGING_HOME`",
        "where Dagster keeps its history; for a server see [deploy](../deploy/README.md)",
    ),
    Variable(
        ("STAGING_HISTORY",),
        "`files`",
        "`postgres` keeps Dagster's history in the database `dagster` of the embedded server, for "
        "[several processes at once](report.md#where-the-history-is)",
    ),
    Variable(
        ("STAGING_WORKERS",),
        "the cores, at most 8; 8 where the server is 2 ms away or more",
        "connections that build at the same time",
    ),
    Variable(
        ("STAGING_WAIT_FOR_LOCK",),
        "`0`",
        "how long to wait when another run holds the schema, such as `10min`",
    ),
    Variable(
        (
            "STAGING_LOCK_TIMEOUT",
            "STAGING_STATEMENT_TIMEOUT",
        ),
        "`10s`, none",
        "of every session",
    ),
    Variable(
        (
            "STAGING_WORK_MEM",
            "STAGING_MAINTENANCE_WORK_MEM",
        ),
        "the server's",
        "of every session",
    ),
    Variable(
        ("STAGING_SHOW_VALUES",),
        "`0`",
        "`1`: messages may show values from rows; they go to logs and Dagster's history then",
    ),
    Variable(
        ("STAGING_DEMO_SCALE",),
        "`0.01`",
        "size of the demo's generated sources; 1 is about a million events",
    ),
    Variable(
        ("STAGING_KEY_PREFIX",),
        "none; the schema's name when that is not `staging`",
        "what stands before `staging/` in asset keys, so that histories do not mix",
    ),
    Variable(
        ("STAGING_TAKE_OVER",),
        "`0`",
        "`1` lets a schema be built that was last built for another department",
    ),
    Variable(
        ("STAGING_LOG_LEVEL",),
        "`WARNING`",
        "the least that Dagster's log shows on standard error; all of it is in the history",
    ),
    Variable(
        ("STAGING_QUEUE",),
        "none",
        "the queue whose workers execute the runs, with [workers on several "
        "machines](../deploy/celery/README.md)",
    ),
    Variable(
        (
            "STAGING_GIT_URL",
            "STAGING_GIT_BRANCH",
        ),
        "none, `main`",
        "the scripts' repository on GitHub or GitLab: the catalogue links to them there",
    ),
    Variable(
        (
            "STAGING_SCHEDULE",
            "STAGING_SCHEDULE_TIMEZONE",
        ),
        "none, `UTC`",
        "when [Dagster's daemon](automation.md) builds what changed: five fields as in a crontab, "
        "such as `0 5 * * *`",
    ),
    Variable(
        ("STAGING_LOOK_EVERY",),
        "`30s`",
        "how often the sensors of [the automation](automation.md) look, once they are switched on",
    ),
    Variable(
        ("STAGING_WEBHOOK_URL",),
        "none",
        "gets a JSON message when [a night has stopped](operations.md#being-told): a table or a "
        "check that failed, a run that was refused, killed or did not happen",
    ),
    Variable(
        ("STAGING_ALERT_COMMAND",),
        "none",
        'a command line that gets the same as text, such as `mail -s "$STAGING_ALERT_SUBJECT" '
        "night@example.org`",
    ),
)


def build_table() -> str:
    """The table of `docs/settings.md`."""
    lines = ["| setting | default | what |", "| --- | --- | --- |"]
    lines += [
        f"| {', '.join(f'`{name}`' for name in names)} | {default} | {text} |"
        for names, default, text in VARIABLES
    ]
    return "\n".join(lines) + "\n"


def _main() -> None:
    """Write the table into a page, in the place of the one that is there."""
    page = Path(sys.argv[1])
    text = page.read_text(encoding="utf-8")
    first = text.index("| setting |")
    page.write_text(
        f"{text[:first]}{build_table()}{text[text.index(chr(10) * 2, first) + 1 :]}",
        encoding="utf-8",
    )


if __name__ == "__main__":
    _main()
