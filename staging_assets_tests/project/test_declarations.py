"""The `checks:` of staging.yaml: what each line means, and what is said of a mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from staging_assets.checks import KINDS
from staging_assets.errors import Problem
from staging_assets.model import CheckDeclaration, Column, Lookup, SchemaNames, Script, Table
from staging_assets.project.declarations.checks.reader import find_declarations


def make_table(name: str, *columns: str, filled: bool = True) -> Table:
    lookup = Lookup(columns, (), "lookup_tables.yaml", 1) if filled else None
    text = f"create table staging.{name} ({', '.join(f'{c} int' for c in columns)}); -- like it"
    script = Script(Path(f"CREATE-staging-{name}.sql"), name, text)
    return Table(name, script, lookup=lookup, columns=tuple(Column(c, "int") for c in columns))


TABLES = {
    table.name: table
    for table in [
        make_table("arrests", "event_id", "officer_id", "suspect_race_code", "officer_race_code"),
        make_table("stops", "event_id", "driver_race_code", "stopped_at"),
        make_table("notes", "text", filled=False),
        make_table("lookup_races", "code", "value"),
    ]
}


def read(text: str, **options: object) -> tuple[list[CheckDeclaration], list[Problem]]:
    return find_declarations(
        yaml.compose(text),
        "staging.yaml",
        TABLES,
        ["stops"],
        kinds=KINDS,
        schemas=SchemaNames(),
        **options,
    )  # type: ignore[arg-type]


def read_well(text: str) -> list[CheckDeclaration]:
    declared, problems = read(text)
    assert not problems
    return declared


@pytest.mark.parametrize(
    ("line", "name", "arguments"),
    [
        ("min_rows: 1000", "min_rows", {"rows": 1000}),
        ("row_count_between: [10, 20]", "row_count_between", {"least": 10, "most": 20}),
        ("row_count_change: 5", "row_count_change", {"drop": 5, "growth": 5}),
        ("row_count_change: {drop: 0.5}", "row_count_change", {"drop": 0.5}),
        ("unique: event_id", "event_id_unique", {"columns": ["event_id"]}),
        (
            "unique: [event_id, officer_id]",
            "event_id_officer_id_unique",
            {"columns": ["event_id", "officer_id"]},
        ),
        (
            "not_null: '*_id'",
            "event_id_officer_id_not_null",
            {"columns": ["event_id", "officer_id"]},
        ),
        ("has_values: officer_id", "officer_id_has_values", {"column": "officer_id"}),
        (
            "accepted_values: {officer_id: [1, 'a', null]}",
            "officer_id_accepted_values",
            {"column": "officer_id", "values": [1, "a"]},
        ),
        (
            "relationship: suspect_race_code -> lookup_races.code",
            "suspect_race_code_in_lookup_races",
            {"column": "suspect_race_code", "to": "lookup_races", "to_column": "code"},
        ),
        (
            "relationship: {column: officer_id, to: lookup_races.code}",
            "officer_id_in_lookup_races",
            {"column": "officer_id", "to": "lookup_races", "to_column": "code"},
        ),
        ("column_exists: later", "later_exists", {"columns": ["later"]}),
        (
            "column_type: {event_id: bigint}",
            "event_id_type",
            {"column": "event_id", "type": "bigint"},
        ),
        (
            "column_value: event_id >= 0",
            "event_id_at_least_0",
            {"condition": "event_id >= 0", "rows": "all"},
        ),
        (
            "column_value: {any: officer_id = 7}",
            "officer_id_is_7",
            {"condition": "officer_id = 7", "rows": "any"},
        ),
        (
            "freshness: {event_id: 36 hours}",
            "event_id_freshness",
            {"column": "event_id", "age": "36 hours", "seconds": 129600.0},
        ),
    ],
)  # fmt: skip
def test_one_short_line_is_one_check(line: str, name: str, arguments: dict[str, object]) -> None:
    (declared,) = read_well(f"arrests:\n  - {line}\n")
    assert declared.name == name
    assert declared.arguments == arguments
    assert (declared.table, declared.severity, declared.blocking) == ("arrests", "ERROR", True)
    assert (declared.label, declared.line) == ("staging.yaml", 2)


def test_options_stand_beside_the_kind() -> None:
    (declared,) = read_well(
        "arrests:\n"
        "  - sql: select 1 from staging.arrests where false\n"
        "    name: nothing_odd\n"
        "    severity: warn\n"
        "    blocking: false\n"
        "    description: Nothing is odd.\n"
        "    sample_columns: [event_id, officer_id]\n"
    )
    assert declared.name == "nothing_odd"
    assert (declared.severity, declared.blocking) == ("WARN", False)
    assert declared.description == "Nothing is odd."
    assert declared.arguments["sample_columns"] == ("event_id", "officer_id")


def test_a_mapping_will_do_in_place_of_a_list() -> None:
    declared = read_well("arrests: {min_rows: 5, unique: event_id}")
    assert [each.name for each in declared] == ["min_rows", "event_id_unique"]


def test_several_columns_on_one_line_are_several_checks_where_each_is_judged_alone() -> None:
    declared = read_well(
        "arrests:\n"
        "  - column_type: {event_id: int, officer_id: int}\n"
        "  - has_values: [event_id, officer_id]\n"
    )
    assert [each.name for each in declared] == [
        "event_id_type",
        "officer_id_type",
        "event_id_has_values",
        "officer_id_has_values",
    ]


def test_a_pattern_of_columns_over_all_tables_is_spread_out() -> None:
    declared = read_well('"*": [relationship: "*_race_code -> lookup_races.code"]')
    assert {(each.table, each.arguments["column"]) for each in declared} == {
        ("arrests", "suspect_race_code"),
        ("arrests", "officer_race_code"),
        ("stops", "driver_race_code"),
    }


def test_a_pattern_of_tables_leaves_out_those_without_the_column() -> None:
    declared = read_well('"*": [unique: event_id]')
    assert [each.table for each in declared] == ["arrests", "stops"]


def test_what_is_said_of_one_table_wins_over_a_pattern_wherever_it_stands() -> None:
    declared = read_well(
        "stops:\n"
        "  - {relationship: driver_race_code -> lookup_races.code, severity: warn}\n"
        '"*":\n'
        '  - relationship: "*_race_code -> lookup_races.code"\n'
    )
    assert [each.severity for each in declared if each.table == "stops"] == ["WARN"]


def test_a_check_from_a_pattern_can_be_taken_away_by_its_name() -> None:
    declared = read_well(
        '"*": [relationship: "*_race_code -> lookup_races.code"]\n'
        "stops: {driver_race_code_in_lookup_races: off}\n"
    )
    assert declared[-1].table == "stops"
    assert declared[-1].arguments == {"override": {"off": True}}


def test_a_default_can_be_changed_or_taken_away() -> None:
    declared = read_well(
        "arrests: {table_not_empty: {severity: warn}}\n"
        "notes: {table_exists: off}\n"
        "stops_cleanup: {stopped_at_has_values: {blocking: false}}\n"
        "schema: {foreign_keys_valid: {severity: warn, except: [arrests.*]}}\n"
    )
    assert [each.arguments["override"] for each in declared] == [
        {"severity": "WARN"},
        {"off": True},
        {"blocking": False},
        {"severity": "WARN", "arguments": {"except": ("arrests.*",)}},
    ]


def test_a_cleanup_has_checks_of_its_own_on_columns_it_may_have_added() -> None:
    (declared,) = read_well("stops_cleanup: [not_null: added_later]")
    assert declared.table == "stops_cleanup"


def test_what_was_declared_for_all_departments_can_be_changed_in_one() -> None:
    earlier = read_well("arrests: [min_rows: 10]")
    declared, problems = read("arrests: {min_rows: 20}", earlier=earlier)
    assert not problems
    assert declared[0].arguments == {"rows": 20}


def test_an_empty_section_declares_nothing() -> None:
    assert read("null") == ([], [])


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("arests: [min_rows: 1]", (1, 1), "there is no table 'arests'"),
        ("arrests:\n  - min_row: 1", (2, 5), "'min_row' is no kind of check"),
        ("arrests:\n  - min_rows: many", (2, 15), "a whole number of at least 0"),
        ("arrests:\n  - min_rows: -1", (2, 15), "a whole number of at least 0"),
        ("arrests:\n  - min_rows: true", (2, 15), "a whole number of at least 0"),
        ("arrests:\n  - row_count_between: [5, 2]", (2, 24), "5 is more than 2"),
        ("arrests:\n  - row_count_between: 5", (2, 24), "two numbers"),
        ("arrests:\n  - row_count_change: {up: 3}", (2, 24), "'up' is no limit"),
        ("arrests:\n  - unique: [event_id, nope]", (2, 13), "arrests has no column 'nope'"),
        ("arrests:\n  - unique: []", (2, 13), "the list is empty"),
        ("arrests:\n  - unique: nope_*", (2, 13), "no column of arrests is called like"),
        ("arrests:\n  - accepted_values: {event_id: 3}", (2, 33), "a list of values"),
        ("arrests:\n  - relationship: event_id lookup_races", (2, 19), "this is no relationship"),
        ("arrests:\n  - relationship: event_id -> nope.code", (2, 19), "there is no table 'nope'"),
        (
            "arrests:\n  - relationship: event_id -> lookup_races.cod",
            (2, 19),
            "lookup_races has no column 'cod'",
        ),
        ("'*':\n  - relationship: '*_colour -> lookup_races.code'", (2, 19), "no table has such"),
        ("arrests:\n  - column_value: {some: event_id > 0}", (2, 20), "neither all nor any"),
        ("arrests:\n  - freshness: {event_id: soon}", (2, 27), "'soon' is no age"),
        ("arrests:\n  - sql: select 1", (2, 5), "this sql check has no name"),
        ("arrests:\n  - {min_rows: 1, severity: fatal}", (2, 29), "a severity is error or warn"),
        ("arrests:\n  - {min_rows: 1, blocking: maybe}", (2, 29), "blocking is true or false"),
        ("arrests:\n  - {min_rows: 1, name: a-b}", (2, 25), "'a-b' is no name for a check"),
        ("arrests:\n  - {min_rows: 1, unique: event_id}", (2, 19), "two kinds of checks"),
        ("arrests:\n  - {severity: warn}", (2, 5), "this line has no kind of check"),
        ("arrests:\n  - min_rows: 1\n  - min_rows: 2", (3, 5), "two checks of arrests are called"),
        ("arrests: 5", (1, 10), "a list of checks is expected"),
        ("arrests:\n  table_not_empty: {colour: red}", (2, 21), "this cannot be changed here"),
        ("arrests:\n  table_is_there: off", (2, 3), "'table_is_there' is no kind of check"),
        ("arrests:\n  age_has_values: off", (2, 3), "'age_has_values' is no kind of check"),
        ("schema:\n  - min_rows: 1", (2, 5), "min_rows checks one table"),
        ("schema:\n  - nope: off", (2, 5), "Use one of: schema_exists"),
        ("arrests_cleanup: [min_rows: 1]", (1, 1), "the table 'arrests' has no cleanup"),
        ("'zzz*': [min_rows: 1]", (1, 1), "no table is called like 'zzz*'"),
        ("[1, 2]", (1, 1), "a mapping (name: value) is expected"),
        (
            "arrests:\n  - {accepted_values: {event_id: [1], officer_id: [2]}, name: one}",
            (2, 6),
            "is given to several checks",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_with_its_place(text: str, place: tuple[int, int], what: str) -> None:
    _, problems = read(text)
    (problem,) = problems
    assert (problem.line, problem.column) == place
    assert what in str(problem)
    assert str(problem).startswith(f"staging.yaml:{place[0]}:{place[1]}: ")


def test_every_mistake_is_reported_and_the_rest_still_counts() -> None:
    declared, problems = read(
        "arrests:\n  - nope: 1\n  - min_rows: 3\n  - unique: x\nstop: [min_rows: 1]\n"
    )
    assert [problem.line for problem in problems] == [2, 4, 5]
    assert [each.name for each in declared] == ["min_rows"]


def test_names_that_are_made_are_names_that_dagster_takes() -> None:
    declared = read_well(
        "arrests:\n"
        "  - column_value: event_id % 2 <> 1 and officer_id is not null"
        " or event_id between 1 and 9000\n"
        "  - unique: [event_id, officer_id, suspect_race_code, officer_race_code]\n"
    )
    assert declared[0].name == "event_id_2_is_not_1_and_officer_id_is_not_null_or_event_id_b"
    assert declared[1].name == "event_id_officer_id_and_2_more_unique"


DOCS = (Path(__file__).parents[2] / "docs" / "checks.md").read_text()


def test_the_examples_of_the_documentation_are_read_without_a_mistake() -> None:
    wanted = {
        "arrests": (
            "event_id",
            "officer_id",
            "suspect_age_at_arrest",
            "event_datetime",
            "x_race_code",
        ),
        "taser_used": ("event_id",),
        "notes": ("text",),
        "stops": ("driver_race_code",),
        "lookup_races": ("code",),
    }
    tables = {name: make_table(name, *columns) for name, columns in wanted.items()}
    examples = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert len(examples) == 2
    declared: list[CheckDeclaration] = []
    for example in examples:
        ((_, node),) = yaml.compose(example).value
        more, problems = find_declarations(
            node, "docs", tables, (), declared, kinds=KINDS, schemas=SchemaNames()
        )
        assert [str(problem) for problem in problems] == []
        declared += more
    assert len(declared) > 10


def test_a_folder_that_is_loaded_without_kinds_says_that_they_are_to_be_handed_in() -> None:
    node = yaml.compose("arrests: {min_rows: 1}")
    _, (problem,) = find_declarations(
        node, "staging.yaml", TABLES, [], kinds={}, schemas=SchemaNames()
    )
    assert str(problem) == (
        "staging.yaml:1:11: 'min_rows' is no kind of check, nor the name of one that is there."
        " Hand them to load_project: kinds=staging_assets.checks.KINDS."
    )
