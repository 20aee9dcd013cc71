"""From a folder of files to a model: no Dagster, no database."""
