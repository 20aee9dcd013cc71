"""The one query that reads all that hangs on a table, put together from the parts in `catalog/`.

A publication asks its thirty questions while it holds locks, so they go to the server as one
statement, which answers with one JSON document. To be read, it is cut: a file for each subject, in
it a part for each question, under a line that names the part and asks the question.

- `-- with name:` a table of the WITH clause, for the parts after it (`new` in it says whether an
  object is one of the new ones, in the build schema, or an old one, in the live schema).
- `-- carry name:` statements that give the new table what the old one had, ready to be run once it
  has its place: rank, which is their order, label for people, statement.
- `-- answer name:` a field of the document.

The parameters: $1 live schema, $2 build schema, $3 names of everything that the CREATE script
makes. It is run with our own search_path, so that every definition names its schemas.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("catalog")
_FILES = (
    "objects",
    "depending",
    "foreign_keys",
    "privileges",
    "row_security",
    "triggers",
    "statistics",
    "comments",
    "replication",
    "lost",
)
"""A table of the WITH clause comes before the files that read it."""

_PART = re.compile(
    r"""
    ^(?P<line> --\ (?P<kind>with|carry|answer)\ (?P<name>\w+):\ .+\n)
    (?P<sql> (?: (?!--\ \w+\ \w+:\ ) .*\n)* )
    """,
    re.MULTILINE | re.VERBOSE,
)


@cache
def attachments_sql(server_version: int) -> str:
    """The query for a server: publications have columns and conditions since Postgres 15."""
    parts: dict[str, list[tuple[str, str]]] = {"with": [], "carry": [], "answer": []}
    for file in _FILES:
        text = (_FOLDER / f"{file}.sql").read_text(encoding="utf-8")
        for part in _PART.finditer(text):
            parts[part["kind"]].append((part["name"], part["line"] + part["sql"].rstrip()))
    tables = ",\n".join(sql for _, sql in parts["with"])
    carried = "\nunion all\n".join(sql for _, sql in parts["carry"])
    fields = ",\n".join(f"'{name}', (\n{sql}\n)" for name, sql in parts["answer"])
    query = (
        f"with recursive\n{tables},\n"
        f"carried (rank, label, statement) as (\n{carried}\n)\n"
        "select json_build_object(\n"
        f"{fields},\n"
        "'carried', (\n"
        "select coalesce(json_agg(json_build_array(label, statement) order by rank, statement),"
        " '[]') from carried\n))"
    )
    if server_version < 150000:
        return query
    return query.replace("/*prattrs*/ null::int2[]", "u.prattrs::int2[]").replace(
        "/*prqual*/ null::pg_node_tree", "u.prqual"
    )
