"""Which arguments of routines are names: routines of Postgres, of extensions, of the folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from staging_assets.model import Relation

NameKind = Literal[
    "oid",  # looked up at once, and kept as what was found
    "text",  # kept as text, and looked up each time
]

TRANSPARENT = frozenset(
    """array_append array_cat array_prepend btrim coalesce concat concat_ws format greatest initcap
    least lower ltrim nullif regexp_split_to_array regexp_split_to_table replace rtrim split_part
    string_to_array string_to_table trim unnest upper""".split()  # noqa: SIM905
)
"""Functions of Postgres that give back their arguments, or parts of them."""

EVERY = -1
"""The position that stands for all arguments."""


@dataclass(frozen=True)
class NamingRoutine:
    """A routine that takes names.

    Args:
        arguments: position, counted from 0, to how the name is kept; EVERY for all of them.
        parameters: the names of its parameters, as far as they are known.
        least: how many arguments it has at least when this holds.
    """

    arguments: Mapping[int, NameKind]
    parameters: tuple[str, ...] = ()
    least: int = 1

    def find(self, position: int, name: str | None) -> NameKind | None:
        """How the name is kept that an argument is, given by position or by name."""
        if name is not None:
            position = self.parameters.index(name) if name in self.parameters else -2
        return self.arguments.get(position, self.arguments.get(EVERY))


def _routines(
    kind: NameKind, names: str, *positions: int, least: int = 1
) -> Iterator[tuple[str, NamingRoutine]]:
    for name in names.split():
        yield name, NamingRoutine(dict.fromkeys(positions, kind), least=least)


_BUILT_IN: dict[str, NamingRoutine] = dict(
    (
        # From pg_proc of Postgres 18: where a parameter is regclass, regtype, regconfig ...
        *_routines(
            "oid",
            "nextval currval setval brin_desummarize_range brin_summarize_new_values "
            "brin_summarize_range gin_clean_pending_list pg_basetype pg_column_is_updatable "
            "pg_extension_config_dump pg_get_replica_identity_index pg_get_sequence_data "
            "pg_import_system_collations pg_index_column_has_property pg_index_has_property "
            "pg_indexes_size pg_partition_ancestors pg_partition_root pg_partition_tree "
            "pg_relation_filenode pg_relation_filepath pg_relation_is_publishable "
            "pg_relation_is_updatable pg_relation_size pg_sequence_last_value pg_table_size "
            "pg_total_relation_size to_regnamespace table_to_xml "
            "table_to_xml_and_xmlschema table_to_xmlschema",
            0,
        ),
        *_routines(
            "oid",
            "json_to_tsvector jsonb_to_tsvector phraseto_tsquery plainto_tsquery to_tsquery "
            "to_tsvector ts_debug ts_headline ts_lexize websearch_to_tsquery",
            0,
            least=2,
        ),
        *_routines(
            "text",
            "to_regclass to_regcollation to_regoper to_regoperator to_regproc "
            "to_regprocedure to_regtype to_regtypemod pg_get_serial_sequence pg_get_viewdef "
            "row_security_active schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema "
            "quote_ident",
            0,
        ),
        *_routines(
            "text",
            "has_any_column_privilege has_column_privilege has_function_privilege "
            "has_schema_privilege has_sequence_privilege has_table_privilege has_type_privilege",
            0,
            1,
        ),
        *_routines("text", "tsvector_update_trigger", 1),
        # Extensions that come with Postgres and take names as text.
        *_routines(
            "text",
            "connectby dblink_build_sql_delete dblink_build_sql_insert dblink_build_sql_update "
            "dblink_get_pkey get_raw_page pg_relpages pgrowlocks pgstatginindex pgstathashindex "
            "pgstatindex pgstattuple pgstattuple_approx",
            0,
        ),
        *_routines("text", "xpath_table", 2),
        *_routines("text", "autoinc check_foreign_key check_primary_key", EVERY),
    )
)


KNOWN = frozenset(_BUILT_IN) | TRANSPARENT
"""Functions of Postgres about which nothing needs to be asked."""


@dataclass(frozen=True)
class Naming:
    """What is known of the routines that scripts call.

    Args:
        routines: those of the folder, and of the server's extensions, that take names.
        known: all whose definition was read, whether they take names or not.
    """

    routines: Mapping[Relation, NamingRoutine] = field(default_factory=dict)
    known: frozenset[Relation] = frozenset()

    def find(self, schema: str | None, name: str) -> NamingRoutine | None:
        """A routine as a script calls it; None when it takes no names as far as is known."""
        if schema in (None, "pg_catalog") and name in _BUILT_IN:
            return _BUILT_IN[name]
        return self._bare.get(name) if schema is None else self.routines.get(Relation(schema, name))

    def knows(self, schema: str | None, name: str) -> bool:
        """Whether nothing needs to be asked about a routine."""
        if schema in (None, "pg_catalog") and name in KNOWN:
            return True
        if schema is None:
            return any(each.name == name for each in self.known)
        return Relation(schema, name) in self.known

    def add(self, other: Naming) -> Naming:
        """Both together; what `other` says of a routine wins."""
        if not other.known:
            return self
        kept = {name: r for name, r in self.routines.items() if name not in other.known}
        return Naming({**kept, **other.routines}, self.known | other.known)

    @cached_property
    def _bare(self) -> dict[str, NamingRoutine]:
        return {relation.name: routine for relation, routine in self.routines.items()}
