"""What each kind of script says."""
