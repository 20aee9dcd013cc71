"""Whether a transaction has left the live schema alone, of which a branch only reads."""

from __future__ import annotations

from staging_assets.errors import ScriptError
from staging_assets.model import list_some
from staging_assets.postgres.client.session import Session

# Whoever writes holds a lock that says so until the end of the transaction; to take a number from
# a sequence is to write. What only reads, or keeps rows as they are, holds one of the first two.
_WRITTEN = """
select distinct c.relname::text
from pg_locks as l
join pg_class as c on c.oid = l.relation
join pg_namespace as n on n.oid = c.relnamespace
where l.pid = pg_backend_pid() and l.locktype = 'relation' and n.nspname = %s
and l.mode not in ('AccessShareLock', 'RowShareLock') and c.relkind in ('r', 'p', 'm', 'S', 'f')
order by 1
"""


def check_untouched(session: Session, label: str) -> None:
    """Raise ScriptError when the transaction that is open has written to the live schema.

    Args:
        session: of a branch; of any other, nothing is asked.
        label: of the script that has run.
    """
    live = session.schemas.live
    if not live:
        return
    written = [name for (name,) in session.run(_WRITTEN, (live,))]
    if written:
        raise ScriptError(
            f"{label}: it has written to {list_some(written)} of {live}, which a branch only reads."
            " It was taken back. Build the branch completely (leave out changed_from), or change"
            " the scripts of these too, so that the branch has its own."
        )
