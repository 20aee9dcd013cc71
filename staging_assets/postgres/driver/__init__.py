"""psycopg2's types, by the names that types have."""

from __future__ import annotations

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

__all__ = ["Connection", "Cursor"]
