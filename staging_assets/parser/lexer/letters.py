"""Classes of characters as Postgres' lexer has them: whatever is not ASCII counts as a letter.

Each is written as what it is not. Said the other way, with a range up to the last character there
is, it takes Python some milliseconds to compile, each time it stands in a pattern.
"""

LETTER = r"[^\x00-@\[-^`{-\x7f]"
"""What a name may begin with: a letter or `_`."""

LETTER_OR_DIGIT = r"[^\x00-/:-@\[-^`{-\x7f]"
"""What the tag of a dollar quote goes on with."""

IN_NAME = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
"""What a name goes on with: these and `$`."""
