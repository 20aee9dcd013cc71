"""The jobs: selections of assets and checks, and the two that swap whole schemas."""
