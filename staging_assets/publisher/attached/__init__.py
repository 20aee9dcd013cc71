"""What hangs on a table or a schema: keys, views, grants, comments, policies, triggers."""
