"""A Dagster project of somebody's own with two departments of ours in it."""

from __future__ import annotations

from pathlib import Path

from staging_assets_tests.support.folders import make_project

SCRIPTS = {
    "create_tables/CREATE-staging-dogs.sql": (
        "create table staging.dogs (id int primary key, name text);"
    ),
    "create_tables/CREATE-staging-walks.sql": (
        "create table staging.walks (n int primary key, dog int references staging.dogs (id));"
    ),
    "populate_tables/north/POPULATE-staging-dogs.sql": (
        "insert into staging.dogs values (1, 'Rex'), (2, 'Bo');"
    ),
    "populate_tables/south/POPULATE-staging-dogs.sql": (
        "insert into staging.dogs values (7, 'Ida');"
    ),
    "populate_tables/north/POPULATE-staging-walks.sql": (
        "insert into staging.walks select id * 10, id from staging.dogs;"
    ),
    "populate_tables/south/POPULATE-staging-walks.sql": (
        "insert into staging.walks select id * 10, id from staging.dogs;"
    ),
}

DEPARTMENT = """
from pathlib import Path

import dagster as dg

from staging_assets import PostgresResource, StagingSchema, build_definitions

HERE = Path(__file__).parent


def department(name: str, prefix: str) -> StagingSchema:
    return StagingSchema(
        sql_dir=HERE / "sql",
        department=name,
        home=HERE / "home",
        postgres=PostgresResource(url=dg.EnvVar(f"{name.upper()}_URL")),
        key_prefix=(prefix,),
    )
"""

HOST = (
    DEPARTMENT
    + """

@dg.asset(deps=[["north", "staging", "dogs"], ["south", "staging", "dogs"]])
def dogs_everywhere(postgres_north: PostgresResource, postgres_south: PostgresResource) -> int:
    total = 0
    for postgres in (postgres_north, postgres_south):
        with postgres.wrangler() as pgw:
            total += pgw.execute("select count(*) from staging.dogs")[0][0]
    return total


defs = dg.Definitions.merge(
    build_definitions(department("north", "north")),
    build_definitions(department("south", "south")),
    dg.Definitions(
        assets=[dogs_everywhere],
        jobs=[dg.define_asset_job("everywhere", selection=dg.AssetSelection.all())],
        executor=dg.in_process_executor,
    ),
)
"""
)

ALONE = DEPARTMENT + '\ndefs = build_definitions(department("north", "alone"))\n'

WORKSPACE = """
load_from:
  - python_file: {relative_path: host.py, location_name: host}
  - python_file: {relative_path: alone.py, location_name: alone}
"""

INSTANCE = """
run_coordinator: {module: dagster.core.run_coordinator, class: DefaultRunCoordinator}
telemetry: {enabled: false}
"""


def make_host(folder: Path) -> Path:
    """Write the project, its workspace and an instance of Dagster's into a folder."""
    scripts = {f"sql/{name}": text for name, text in SCRIPTS.items()}
    return make_project(
        folder,
        {
            **scripts,
            "host.py": HOST,
            "alone.py": ALONE,
            "workspace.yaml": WORKSPACE,
            "dagster/dagster.yaml": INSTANCE,
        },
    )
