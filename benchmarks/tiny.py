"""Many tables of three rows: what is left of the time is overhead (W1 and W4)."""

from __future__ import annotations

from benchmarks.workload import Column, Table, Workload

_CHAIN = 10
"""Every chain of so many tables starts at the sources; each further table reads the one before."""


def make_tiny(name: str, tables: int) -> Workload:
    """Make a workload of so many tables, a tenth of them lookup tables.

    Args:
        name: "w1" or "w4".
        tables: at least 2.
    """
    lookups = max(1, tables // 10)
    filled = tables - lookups
    chains = (filled + _CHAIN - 1) // _CHAIN
    return Workload(
        name=name,
        title=f"{tables} tiny tables",
        scale=tables / 100,
        tables=(
            *(_lookup(number) for number in range(lookups)),
            *(_table(number, lookups) for number in range(filled)),
        ),
        etl=tuple(
            f"create table etl.{_source(chain)} as\n"
            f"select i as id, 'row ' || i || ' of chain {chain}' as label\n"
            "from generate_series(1, 3) as i;\n"
            for chain in range(chains)
        ),
        sources=tuple(_source(chain) for chain in range(chains)),
    )


def _source(chain: int) -> str:
    return f"source_{chain:03}"


def _lookup(number: int) -> Table:
    name = f"lookup_{number:03}"
    return Table(
        name=name,
        columns=(Column("code", "int"), Column("value", "text", nullable=False)),
        lookup=tuple((code, f"{name} {code}") for code in range(3)),
        size=3,
    )


def _table(number: int, lookups: int) -> Table:
    chain, place = divmod(number, _CHAIN)
    lookup = f"lookup_{number % lookups:03}"
    before = f"table_{number - 1:04}"
    columns = [
        Column("id", "int"),
        Column("code", "int", (lookup, "code")),
        Column("label", "text"),
    ]
    select = [
        "select",
        "    s.id,",
        "    l.code,",
        "    s.label",
        f"from etl.{_source(chain)} as s",
        f"left join staging.{lookup} as l on l.value = '{lookup} ' || (s.id - 1)",
    ]
    reads = [lookup]
    if place:
        columns.append(Column("before_id", "int", (before, "id")))
        select[3:4] = ["    s.label,", "    b.id as before_id"]
        select.append(f"join staging.{before} as b on b.id = s.id")
        reads.append(before)
    return Table(
        name=f"table_{number:04}",
        columns=tuple(columns),
        select="\n".join(select),
        order="s.id",
        reads=tuple(reads),
        size=3,
    )
