"""What Dagster sees: assets, asset checks, jobs, resources, and how a run is told to people."""
