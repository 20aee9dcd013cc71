"""What touches a Postgres server: connections, building, publishing, checking. No Dagster."""
