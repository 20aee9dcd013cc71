"""Names as SQL spells them."""

from __future__ import annotations

import re

from staging_assets.model import Relation

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")

# select word from pg_get_keywords() where catcode <> 'U', Postgres 18
_KEYWORDS = """all analyse analyze and any array as asc asymmetric authorization between bigint
    binary bit boolean both case cast char character check coalesce collate collation column
    concurrently
    constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user dec decimal default deferrable desc distinct do else end except
    exists extract false fetch float for foreign freeze from full grant greatest group grouping
    having ilike in initially inner inout int integer intersect interval into is isnull join json
    json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value lateral leading least left like limit localtime
    localtimestamp merge_action national natural nchar none normalize not notnull null nullif
    numeric offset on only or order out outer overlaps overlay placing position precision primary
    real references returning right row select session_user setof similar smallint some substring
    symmetric system_user table tablesample then time timestamp to trailing treat trim true union
    unique user using values varchar variadic verbose when where window with xmlattributes
    xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize
    xmltable"""
RESERVED = frozenset(_KEYWORDS.split())
"""Keywords that cannot be every kind of name without quotes."""


def quote_name(name: str) -> str:
    """An identifier as Postgres' `quote_ident` writes it: quoted only where that is needed."""
    if _PLAIN.fullmatch(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def unquote_name(spelled: str) -> str:
    """The identifier that `quote_name` has written."""
    return spelled[1:-1].replace('""', '"') if spelled.startswith('"') else spelled


def quote(relation: Relation) -> str:
    """`"schema"."name"`."""
    return f"{quote_identifier(relation.schema)}.{quote_identifier(relation.name)}"


def quote_identifier(name: str) -> str:
    """One identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """A string literal; every session of ours has standard_conforming_strings on."""
    return "'" + text.replace("'", "''") + "'"
