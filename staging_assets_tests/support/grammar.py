"""What Postgres' own grammar says of SQL: run as a program of its own, which libpg_query may end.

Standard input is a JSON list of pairs: a text, and the same as `rewrite` makes it for a schema
called `qq_new`. Standard output has a line of JSON for each: `refused` says why it is no SQL;
else `count` is the number of its statements, `names` are `[role, schema, name]` of all relations
and of the functions and types with a schema, and `faults` says where the new text means
something else than the old one with another schema.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import postgast
from google.protobuf.message import Message

OLD, NEW, QUOTED = "staging", "qq_new", '"staging"'

# Lists of strings that are a name with its schema.
_NAMES = {"funcname", "names", "objname", "defnames", "opclass", "collname", "type_name", "name"}
_NAMES |= {"domainname", "object", "items", "opclassname", "opfamilyname", "typname", "use_op"}
_REGISTERED = {f"reg{k}" for k in ("class", "type", "proc", "procedure", "namespace", "config")}
_SCHEMA_FIELDS = {
    ("RangeVar", "schemaname"),
    ("CreateSchemaStmt", "schemaname"),
    ("AlterObjectSchemaStmt", "newschema"),
    ("PublicationObjSpec", "name"),
    ("ImportForeignSchemaStmt", "local_schema"),
}
_OF_SCHEMAS = {"objtype", "remove_type", "object_type", "rename_type"}
_ROLES = {
    ("InsertStmt", "relation"): "write",
    ("MergeStmt", "relation"): "write",
    ("UpdateStmt", "relation"): "change",
    ("DeleteStmt", "relation"): "change",
    ("TableLikeClause", "relation"): "read",
}
_NO_READ = {"GrantStmt", "CreatePolicyStmt", "AlterTableCmd", "IntoClause", "CompositeTypeStmt"}
_NO_READ |= {"CommentStmt", "LockStmt", "VacuumRelation", "CreateTrigStmt", "IndexStmt", "RuleStmt"}


def unwrap(node: Any) -> Any:
    """The message inside a Node."""
    if node.DESCRIPTOR.name == "Node":
        which = node.WhichOneof("node")
        return getattr(node, which) if which else node
    return node


def read_parts(message: Message) -> dict[str, Any]:
    """Field to value; messages are unwrapped, and repeated ones are lists."""
    parts: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.message_type is None:
            parts[field.name] = value
        elif hasattr(value, "DESCRIPTOR"):
            parts[field.name] = unwrap(value)
        else:
            parts[field.name] = [unwrap(each) for each in value]
    return parts


def is_string(message: Any) -> bool:
    return getattr(message, "DESCRIPTOR", None) is not None and message.DESCRIPTOR.name == "String"


def is_registered(type_name: Any) -> bool:
    """Whether it is regclass or its kin."""
    return type_name is not None and type_name.names[-1].string.sval in _REGISTERED


def find_texts(message: Message, use: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a tree, in order, with what it is.

    `schema`: a schema's name; `looked up`: a literal that is cast to regclass or its kin;
    `data`: one in VALUES, in a default, or a label; `literal`: any other; `code`: a body;
    `name`: the rest.
    """
    kind, parts = message.DESCRIPTOR.name, read_parts(message)
    of_schemas = any(parts.get(f) == postgast.pg_query_pb2.OBJECT_SCHEMA for f in _OF_SCHEMAS)
    of_schemas |= parts.get("targtype") == postgast.pg_query_pb2.ACL_TARGET_ALL_IN_SCHEMA
    path = kind == "VariableSetStmt" and parts.get("name") == "search_path"
    path |= kind == "DefElem" and parts.get("defname") in ("schema", "schemas")
    cast = kind in ("TypeCast", "ColumnDef") and is_registered(parts.get("type_name"))
    for field, value in parts.items():
        below = use
        if path or (of_schemas and field in ("objects", "object")):
            below = "schema"
        elif kind == "DefElem" and parts.get("defname") == "as":
            below = "code"
        elif use == "looked up" or (cast and field in ("arg", "constraints")):
            below = "looked up"
        elif (kind, field) == ("CreateTrigStmt", "args"):
            below = "literal"
        elif field in ("values_lists", "raw_expr", "vals", "new_val"):
            below = "data"
        elif kind in ("FuncCall", "TypeCast", "SubLink", "A_Expr") and field != "arg":
            below = ""
        if isinstance(value, list):
            listed = [each for each in value if isinstance(each, Message)]
            texts = bool(listed) and all(is_string(each) for each in listed)
            qualified = field in _NAMES and len(listed) > 1 and texts
            if kind == "ColumnRef":
                qualified = len(listed) > 2
            for index, each in enumerate(listed):
                if is_string(each) and below not in ("schema", "code", "literal"):
                    what = "schema" if qualified and index == 0 else "name"
                    yield ("data" if field == "vals" else what), each.sval
                else:
                    yield from find_texts(each, below)
        elif isinstance(value, Message):
            yield from find_texts(value, below)
        elif isinstance(value, str):
            if (kind, field) in _SCHEMA_FIELDS:
                yield "schema", value
            elif kind == "String":
                yield (below or "literal"), value
            elif (kind, field) == ("AlterEnumStmt", "new_val"):
                yield "data", value
            else:
                yield ("schema" if below == "schema" and field != "defname" else "name"), value


def find_faults(text: str, rewritten: str) -> Iterator[str]:
    """Where the rewritten text means something else than it should."""
    before = list(find_texts(postgast.parse(text)))
    after = list(find_texts(postgast.parse(rewritten)))
    if [what for what, _ in before] != [what for what, _ in after]:
        yield "another structure"
        return
    for (what, old), (_, new) in zip(before, after, strict=True):
        if what == "schema":
            right = new == (NEW if old == OLD else old)
        elif what == "looked up":
            right = OLD not in new.lower() or OLD not in old.lower()
        elif what in ("literal", "code"):
            # In other spellings too: "staging".x, STAGING . x
            right = new.replace(NEW, OLD).lower() in (old.lower(), old.replace(QUOTED, OLD).lower())
        else:
            right = new == old
        if not right:
            yield f"{what}: {old!r} became {new!r}"


def find_names(
    message: Message, ctes: frozenset[str] = frozenset(), role: str = "read"
) -> Iterator[tuple[str, str, str]]:
    """Role, schema and name of relations, and of the functions and types that have a schema."""
    kind, parts = message.DESCRIPTOR.name, read_parts(message)
    if kind == "RangeVar":
        schema, name = parts.get("schemaname", ""), parts["relname"]
        if schema or role != "read" or name not in ctes:
            yield role, schema, name
        return
    for field, what in (("funcname", "call"), ("names", "type")):
        if (
            kind == {"call": "FuncCall", "type": "TypeName"}[what]
            and len(parts.get(field, ())) == 2
        ):
            schema, name = (each.sval for each in parts[field])
            if schema != "pg_catalog":
                yield what, schema, name
    clause = parts.pop("with_clause", None)
    if clause is not None:
        every = [unwrap(each) for each in clause.ctes]
        known = {each.ctename for each in every} if clause.recursive else set()
        for each in every:
            yield from find_names(each, ctes | known)
            known.add(each.ctename)
        ctes |= known
    parts.pop("locked_rels", None)  # FOR UPDATE OF: aliases
    for field, value in parts.items():
        below = _ROLES.get((kind, field), "other" if kind in _NO_READ else "read")
        if kind == "CopyStmt" and field == "relation":
            below = "write" if parts.get("is_from") else "read"
        elif (
            (field == "relation" and (kind, field) not in _ROLES)
            or field in ("relations", "pktable", "inh_relations", "sequence", "rel", "view")
            or (field == "into" and kind == "CreateTableAsStmt")
        ):
            below = "other"
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Message):
                yield from find_names(each, ctes, below)


def answer(text: str, rewritten: str) -> dict[str, Any]:
    try:
        tree = postgast.parse(text)
    except postgast.PgQueryError as error:
        return {"refused": str(error)}
    found: dict[str, Any] = {"count": len(tree.stmts), "names": sorted(set(find_names(tree)))}
    try:
        found["faults"] = list(find_faults(text, rewritten))
    except postgast.PgQueryError as error:
        found["faults"] = [f"it can no longer be read: {error}"]
    return found


if __name__ == "__main__":
    for pair in json.load(sys.stdin):
        print(json.dumps(answer(*pair)), flush=True)
