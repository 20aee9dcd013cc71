"""Loads the tables of a plan (the file named first) on so many connections (the second word)."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import psycopg2


def main() -> None:
    tables = json.loads(Path(sys.argv[1]).read_text())
    url = os.environ["BENCH_URL"]
    setup = psycopg2.connect(url)
    setup.autocommit = True
    # What is made here is committed before any row comes.
    before = "".join(table["before"] for table in tables)
    setup.cursor().execute(f"create schema staging;\n{before}")
    setup.close()
    work = Work(tables)
    threads = [threading.Thread(target=work.run, args=(url,)) for _ in range(int(sys.argv[2]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if work.failures:
        sys.exit(work.failures[0])


class Work:
    """The tables that are left; the longest chain of rows that waits behind a table goes first."""

    def __init__(self, tables: list[dict[str, Any]]) -> None:
        self.failures: list[str] = []
        self._left = {table["name"]: table for table in tables}
        self._done: set[str] = set()
        self._moved = threading.Condition()
        self._weight: dict[str, int] = {}
        for table in reversed(tables):
            behind = [t for t in tables if table["name"] in t["needs"]]
            longest = max((self._weight[t["name"]] for t in behind), default=0)
            self._weight[table["name"]] = table["size"] + longest

    def run(self, url: str) -> None:
        connection = psycopg2.connect(url)
        connection.autocommit = True
        cursor = connection.cursor()
        while (table := self._take()) is not None:
            try:
                cursor.execute("begin;\n" + table["load"] + "commit;")
                for statement in table["harden"]:
                    cursor.execute(statement)
            except psycopg2.Error as error:
                self.failures.append(str(error))
            self._end(table["name"])

    def _take(self) -> dict[str, Any] | None:
        with self._moved:
            while self._left and not self.failures:
                ready = [t for t in self._left.values() if self._done.issuperset(t["needs"])]
                if ready:
                    table = max(ready, key=lambda t: self._weight[t["name"]])
                    del self._left[table["name"]]
                    return table
                self._moved.wait()
            return None

    def _end(self, name: str) -> None:
        with self._moved:
            self._done.add(name)
            self._moved.notify_all()


if __name__ == "__main__":
    main()
