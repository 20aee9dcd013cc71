"""What a node becomes in Dagster: its asset spec, by way of a translator."""
