"""What `staging-assets doctor` looks at."""
