"""Two search paths: one for what we ask and make, one for what users wrote.

Whoever may create in `public` can put an operator or a function there that fits a call better than
Postgres' own, and it would run with the rights of whoever builds. So every session begins with our
own path. Scripts, and what evaluates users' expressions (keys, indexes, declared checks, cleanups),
get the path that psql would give them.
"""

OWN_PATH = "pg_catalog, pg_temp"
"""Nothing of anybody's; temporary tables come last, where they hide no catalog."""

USERS_PATH = "public"
"""What scripts find without naming a schema."""

SET_OWN_PATH = f"set search_path to {OWN_PATH};"
SET_USERS_PATH = f"set search_path to {USERS_PATH};"
SET_LOCAL_USERS_PATH = f"set local search_path to {USERS_PATH};"
