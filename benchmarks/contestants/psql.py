"""`psql -f`, script by script, in an order in which they can run."""

from __future__ import annotations

from benchmarks.contestants.common import Command, Setup, clean_environment


class Psql:
    """One psql for each script, one after the other."""

    name = "psql"
    builds = True
    keys = True

    def prepare(self, setup: Setup) -> Command:
        programs = setup.server.programs
        psql = f'psql -X -q -v ON_ERROR_STOP=1 -d "{setup.server.url}"'
        lines = ["set -e", f'{psql} -c "create schema staging"']
        lines += [
            f"{psql} -f '{script}'" for step in setup.written.steps for script in step.scripts
        ]
        program = setup.folder / "psql.sh"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("\n".join(lines) + "\n")
        return Command(("bash", program), clean_environment(programs), setup.folder)
