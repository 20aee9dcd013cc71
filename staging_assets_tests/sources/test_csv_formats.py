"""CSV files as they come: other encodings, delimiters, quotes, headers, and blank lines."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BuildError
from staging_assets.model import CsvFormat, Relation
from staging_assets.postgres import Server
from staging_assets.sources import run_csv_load
from staging_assets.sources.csv_header import repair_names
from staging_assets.sources.csv_quotes import find_open_quote
from staging_assets.sources.csv_stream import CsvStream

PEOPLE = Relation("etl", "people")
Rows = list[tuple[Any, ...]]


def load(server: Server, folder: Path, data: bytes, name: str = "people.csv", **fields: Any) -> int:
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return run_csv_load(server, path, PEOPLE, form=CsvFormat(**fields)).rows


def find_rows(witness: Connection) -> tuple[list[str], Rows]:
    """The names of the columns, and the rows in the order of the file."""
    with witness.cursor() as cursor:
        cursor.execute("select * from etl.people order by ctid")
        return [column.name for column in cursor.description or ()], cursor.fetchall()


TEXT = 'id;"größe"\r\n1;"a;""b"""\r\n2;é€\r\n'


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("iso8859-1", TEXT.replace("€", "¤")),
        ("cp1252", TEXT),
        ("utf-16", TEXT),
        ("utf-16-le", TEXT),
        ("cp850", TEXT.replace("€", "¤")),
        ("utf-8-sig", "\ufeff" + TEXT),
    ],
)
@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz"])
def test_an_encoding_and_a_delimiter_are_taken_as_declared(
    database: Server, witness: Connection, tmp_path: Path, encoding: str, text: str, name: str
) -> None:
    data = text.encode("utf-8" if encoding == "utf-8-sig" else encoding)
    assert load(database, tmp_path, data, name, encoding=encoding, delimiter=";") == 2
    last = text.rsplit(";", maxsplit=1)[-1].strip()
    assert find_rows(witness) == (["id", "größe"], [("1", 'a;"b"'), ("2", last)])


@pytest.mark.parametrize(
    ("fields", "text", "names", "rows"),
    [
        ({"delimiter": "\t"}, "a\tb\n1\t2,3\n", ["a", "b"], [("1", "2,3")]),
        ({"delimiter": "|", "null": "NA"}, "a|b\nNA|\n", ["a", "b"], [(None, "")]),
        ({"quote": "'"}, "a,b\n'x,\"',2\n", ["a", "b"], [('x,"', "2")]),
        ({"quote": ""}, 'a,b\n5" pipe,"\n', ["a", "b"], [('5" pipe', '"')]),
        ({"escape": "\\"}, 'a,b\n"say \\"hi\\"",2\n', ["a", "b"], [('say "hi"', "2")]),
        ({"header": False}, "1,x\n2,y\n", ["column_1", "column_2"], [("1", "x"), ("2", "y")]),
        ({"header": False}, "\ufeff1,x\n", ["column_1", "column_2"], [("1", "x")]),
        ({"header": ("id", "n")}, "1,x\n2,y\n", ["id", "n"], [("1", "x"), ("2", "y")]),
        ({"repairs_names": True}, "a,,a\n1,2,3\n", ["a", "column_2", "a_2"], [("1", "2", "3")]),
        ({"skips_blank_lines": True}, "a,b\n1,2\n\n\n", ["a", "b"], [("1", "2")]),
        (
            {"skips_blank_lines": True},
            '\n\na,b\n\n1,"x\n\ny"\n\r\n\n2,"",\n'.replace('"",', '""'),
            ["a", "b"],
            [("1", "x\n\ny"), ("2", "")],
        ),
    ],
)
def test_what_is_declared_is_read_so(
    database: Server,
    witness: Connection,
    tmp_path: Path,
    fields: dict[str, Any],
    text: str,
    names: list[str],
    rows: Rows,
) -> None:
    if "\r\n" in text:  # COPY wants one kind of line end
        text = text.replace("\r\n", "\n")
    load(database, tmp_path, text.encode(), **fields)
    assert find_rows(witness) == (names, rows)


@pytest.mark.parametrize(
    ("fields", "data", "told"),
    [
        ({}, b"a,,c\n", r":1: column 2 has no name.*`names: repair`.*calls it column_2"),
        ({}, b"a,b,a\n", r":1: columns 1 and 3 are both called a.*`names: repair`"),
        ({}, b"a," + b"x" * 64 + b"\n", r":1: .* longer than 63 bytes.*`names: repair`"),
        ({}, b"a;b\n1;2\n", r":1: the columns are separated by ';'.*`delimiter: \";\"`"),
        ({}, b"a,b\n1,\xe4hush\n", r":2: invalid byte sequence.*`encoding: latin-1`"),
        ({"encoding": "utf-16"}, "a,b\n1,2".encode("utf-16")[:-1], r":2: this is not utf-16"),
        ({"encoding": "cp1252"}, b"a,b\n1,2\n1,\x81\n", r":3: this is not cp1252"),
        ({"encoding": "ascii"}, b"a,b\n1,2\n1,\x81\n", r":3: this is not ascii"),
        ({"header": ("a",)}, b"1,2\n", r":1: the line has 2 values, and `header` .* names 1"),
        ({"skips_blank_lines": True}, b"a,b\n\n\n1,2\n\n3\n", r':6: missing data for column "b"'),
        ({"skips_blank_lines": True}, b'a,b\n\n\n1,2\n\n3,"hush\n4,5', r":6: a quote opens here"),
        ({"quote": "", "header": False}, b"1,\x01\n", r"holds the byte 0x01"),
        ({"delimiter": '"'}, b"1,2\n", r"COPY delimiter and quote must be different"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_the_setting(
    database: Server, tmp_path: Path, fields: dict[str, Any], data: bytes, told: str
) -> None:
    with pytest.raises(BuildError, match=f"people\\.csv:?.*{told}") as caught:
        load(database, tmp_path, data, **fields)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a,b\n1,"x"\n', None),
        ('a,b\n1,"x\ny"\n2,"z"\n', None),
        ('a,b\n1,"x\n2,y\n', 2),
        ('a,b\n1,"x\n2,"y"\n', 2),
        ('a,b\n1,"x"\n2,"y"\n3,"z\n', 4),
        ('a,b\n1,"x ""y\n3,z\n', 2),
        ('a,b\n"fine\n\nx",2\n1,"open\n', 5),
        ('a,b\n1,5" pipe\n2,"y"\n3,"z"\n', 2),
        ("a,b\n" + "1,2\n" * 500_000 + '3,"x\n' + "1,2\n" * 500_000, 500_002),
    ],
)
def test_the_line_where_a_quote_opens_is_found(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    assert find_open_quote(path, CsvFormat()) == line


def test_an_escaped_quote_closes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('a\n"x\\"y"\n"z\\\\"\n"open \\"\n')
    assert find_open_quote(path, CsvFormat(escape="\\")) == 4


def test_repaired_names_differ_and_fit(tmp_path: Path) -> None:
    long = "ä" * 40
    names = repair_names(["a", "a", "a_2", " ", "", long, long, "a"])
    assert names[:5] == ("a", "a_3", "a_2", "column_4", "column_5")
    assert len(set(names)) == len(names)
    assert all(0 < len(name.encode()) <= 63 for name in names)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_blank_lines_go_wherever_a_piece_of_the_file_ends(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b'\r\n\na,b\r\n\r\n1,"\r\n\r\nx"\r\n\r\n\r\n2,3\r\n\r\n')
    stream = CsvStream(path, CsvFormat(skips_blank_lines=True))
    found = b""
    while piece := stream.read(size):
        found += piece
    assert found == b'a,b\r\n1,"\r\n\r\nx"\r\n2,3\r\n'
    assert [stream.find_line(line) for line in range(1, 6)] == [3, 5, 6, 7, 10]
