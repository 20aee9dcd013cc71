"""Commands that build, say what would be built, and take away what is built no more."""
