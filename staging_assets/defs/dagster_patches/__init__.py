"""Where Dagster itself is changed or made faster; each module says what Dagster lacks."""
