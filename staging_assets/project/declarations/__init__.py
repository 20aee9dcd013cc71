"""What is declared in YAML: lookup rows, `staging.yaml`."""
