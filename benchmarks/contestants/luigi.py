"""The old pipeline: luigi tasks that run the same scripts, in luigi's own environment."""

from __future__ import annotations

from benchmarks.contestants.common import (
    PROGRAMS,
    Command,
    Setup,
    clean_environment,
    install,
    write_plan,
)


class Luigi:
    """One worker, order by priority, a target checked before and after each task."""

    name = "luigi"
    builds = True
    keys = True

    def prepare(self, setup: Setup) -> Command:
        programs = install("luigi")
        # Without this a run with failed tasks ends with exit code 0.
        configuration = setup.folder / "luigi.cfg"
        configuration.parent.mkdir(parents=True, exist_ok=True)
        configuration.write_text(
            "[retcode]\ntask_failed=30\nscheduling_error=35\nunhandled_exception=40\n"
        )
        environment = clean_environment(
            programs,
            LUIGI_CONFIG_PATH=str(configuration),
            BENCH_PLAN=str(write_plan(setup)),
            BENCH_URL=setup.server.url,
            PYTHONPATH=str(PROGRAMS),
        )
        words = ("luigi", "--module", "luigi_tasks", "Everything", "--local-scheduler")
        return Command(words, environment, setup.folder)
