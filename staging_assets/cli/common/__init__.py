"""Options that every command has, and Dagster's own command, which some of ours become."""
