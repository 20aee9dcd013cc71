"""Kept up by Dagster's daemon: the automation condition, the sensors and the schedule."""
