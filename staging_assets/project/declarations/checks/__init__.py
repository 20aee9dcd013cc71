"""The checks that `staging.yaml` declares."""
