"""What the commands return, where it means the same in all of them."""

from __future__ import annotations

EXIT_COULD_NOT_RUN = 1
EXIT_PROJECT_WRONG = 3
EXIT_USAGE = 64
"""`EX_USAGE` of sysexits.h: the 2 of most programs says here that a check failed."""
EXIT_INTERRUPTED = 130
EXIT_UNREAD = 141
"""What a shell says of a program whose output nobody reads any more."""
