"""The source tables: CSV files and the demo's generated ones."""
