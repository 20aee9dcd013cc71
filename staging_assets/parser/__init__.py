"""SQL as text: cut into statements, asked what it names, sent to another schema, quoted.

No file, no server. `read_statements` is the way in for analysis: each `ReadStatement` knows
its tokens, what it names (`Use`) and the `search_path` it leaves. `rewrite` sends what means
schema `staging` to the schema that is built and keeps the way back to the file's own places.
`lexer/`, `names/` and `strings/` are private to this package.
"""

from staging_assets.parser.bodies import RoutineBody, find_block, find_bodies, find_paths
from staging_assets.parser.create_table import (
    add_comments,
    clean_comment,
    find_columns,
    read_text,
)
from staging_assets.parser.edits import Rewritten
from staging_assets.parser.implied_names import find_implied_name, split_list
from staging_assets.parser.lexer.letters import IN_NAME, LETTER, LETTER_OR_DIGIT
from staging_assets.parser.lexer.positions import (
    Lines,
    ScriptPlace,
    SentText,
    find_line_place,
    find_place,
    find_position,
    find_statement_place,
)
from staging_assets.parser.lexer.quoting import (
    quote,
    quote_identifier,
    quote_literal,
    quote_name,
    unquote_name,
)
from staging_assets.parser.lexer.tokens import (
    NAME_KINDS,
    TEXT_KINDS,
    Comment,
    LexicalError,
    Token,
    fold,
    tokenize,
)
from staging_assets.parser.nested.planned_sql import Block, Part
from staging_assets.parser.nested.plpgsql import read_block
from staging_assets.parser.nested.routines import (
    CatalogRoutine,
    find_called,
    read_catalog_naming,
)
from staging_assets.parser.nested.strings import may_name
from staging_assets.parser.postpone import Postponed, Postponement, postpone_keys
from staging_assets.parser.rewrite import AskNaming, rewrite
from staging_assets.parser.search_path import find_users_path
from staging_assets.parser.stand_ins import (
    Reference,
    find_referenced,
    redirect_references,
    replace_spans,
)
from staging_assets.parser.statements import (
    ReadStatement,
    References,
    Statement,
    find_references,
    find_statements,
    is_opaque,
    read_statements,
    share_body_paths,
)
from staging_assets.parser.strings.naming import Naming
from staging_assets.parser.uses import Use

__all__ = [
    "IN_NAME",
    "LETTER",
    "LETTER_OR_DIGIT",
    "NAME_KINDS",
    "TEXT_KINDS",
    "AskNaming",
    "Block",
    "CatalogRoutine",
    "Comment",
    "LexicalError",
    "Lines",
    "Naming",
    "Part",
    "Postponed",
    "Postponement",
    "ReadStatement",
    "Reference",
    "References",
    "Rewritten",
    "RoutineBody",
    "ScriptPlace",
    "SentText",
    "Statement",
    "Token",
    "Use",
    "add_comments",
    "clean_comment",
    "find_block",
    "find_bodies",
    "find_called",
    "find_columns",
    "find_implied_name",
    "find_line_place",
    "find_paths",
    "find_place",
    "find_position",
    "find_referenced",
    "find_references",
    "find_statement_place",
    "find_statements",
    "find_users_path",
    "fold",
    "is_opaque",
    "may_name",
    "postpone_keys",
    "quote",
    "quote_identifier",
    "quote_literal",
    "quote_name",
    "read_block",
    "read_catalog_naming",
    "read_statements",
    "read_text",
    "redirect_references",
    "replace_spans",
    "rewrite",
    "share_body_paths",
    "split_list",
    "tokenize",
    "unquote_name",
]
