"""From the files of a folder to a model of it: no Dagster and no database in here."""
