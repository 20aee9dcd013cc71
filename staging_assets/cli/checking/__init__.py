"""Commands that look for what is wrong: in rows, in scripts, in the installation."""
