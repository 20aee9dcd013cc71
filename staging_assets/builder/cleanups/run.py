"""Run a cleanup script: `main(pgw)`, all of its statements in the transaction that is open."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress
from hashlib import sha256
from types import ModuleType

import psycopg2

from staging_assets.builder.cleanups.cursors import Place
from staging_assets.builder.cleanups.on_shadow.place import NotAloneError, ShadowPlace
from staging_assets.builder.cleanups.pg_tools import offering_pg_tools
from staging_assets.builder.cleanups.shared_transaction import SharedTransaction
from staging_assets.builder.cleanups.wrangler import PostgresWrangler
from staging_assets.errors import BuildError, StagingError
from staging_assets.model import SchemaNames, Script
from staging_assets.postgres import Connection, Server, find_safe_text

# What these say is about code; the text of any other may hold values of rows.
_ABOUT_CODE = (ImportError, NameError, AttributeError, SyntaxError, StagingError)
_TODO = "Correct the script, then build this again. Nothing of it was kept."


class UnrepeatableError(BuildError):
    """A cleanup failed after it had run a program: another try would run that again."""


def run_cleanup(
    connection: Connection,
    script: Script,
    schema: str,
    *,
    server: Server,
    schemas: SchemaNames | None = None,
    unpublished: ShadowPlace | None = None,
) -> bool:
    """Run a cleanup script inside the transaction that is open on the connection.

    Args:
        connection: in a transaction (begun in SQL, or not in autocommit mode), which this neither
            commits nor rolls back.
        script: a Python file with `def main(pgw)`.
        schema: the schema that is built.
        server: where `pgw.shell` sends programs.
        schemas: what the script calls the schemas.
        unpublished: where its table is when that is not published yet.

    Returns whether it has run a program, so that another try would run that again.

    Raises BuildError with file and line, and no values of rows; UnrepeatableError when it had run
    a program before; NotAloneError when its table has to be published first.
    """
    place = Place(schema, schemas or SchemaNames())
    transaction = SharedTransaction(connection, place, unpublished)
    name = f"staging_cleanup_{sha256(str(script.path).encode()).hexdigest()[:12]}_{id(connection)}"
    module = ModuleType(name)
    module.__file__ = str(script.path)
    sys.modules[name] = module  # dataclasses and the like look for it there
    wrangler = PostgresWrangler(
        server, place.schema, schemas=place.schemas, transaction=transaction
    )
    failure: BuildError | None = None
    try:
        with offering_pg_tools(wrangler, PostgresWrangler):
            _call_main(script, module, wrangler)
        transaction.end()
        if unpublished is not None:
            unpublished.end()
    except NotAloneError:
        raise
    except SystemExit as error:
        failure = BuildError(f"{_find_place(error, script)}: it left with sys.exit. {_TODO}")
    except Exception as error:  # noqa: BLE001 - a script may raise anything
        failure = BuildError(
            f"{_find_place(error, script)}: {_describe(error)}. {_find_todo(error)}"
        )
        if unpublished is not None:
            with suppress(psycopg2.Error):
                unpublished.judge(error)
    finally:
        wrangler.engine.dispose()
        sys.modules.pop(name, None)
    if failure is not None:
        # Outside the handler: no traceback leads to the original, its parameters and its rows.
        if unpublished is not None and unpublished.reason is not None:
            raise NotAloneError(unpublished.reason)
        raise UnrepeatableError(str(failure)) if wrangler.has_left else failure
    return wrangler.has_left


def _call_main(script: Script, module: ModuleType, wrangler: PostgresWrangler) -> None:
    """Run the script and its main; to leave it by `sys.exit(0)` is to end well."""
    try:
        exec(compile(script.text, str(script.path), "exec"), module.__dict__)  # noqa: S102
        main = module.__dict__.get("main")
        if not callable(main):
            raise BuildError(f"there is no main(pgw) in {script.label}. Define it.")
        main(wrangler)
    except SystemExit as error:
        if error.code not in (None, 0):
            raise


def _find_place(error: BaseException, script: Script) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(script.path):
        return f"{script.label}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(script.path)]
    return f"{script.label}:{lines[-1]}" if lines else script.label


def _find_todo(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").partition(".")[0]
        what = "staging-assets[cleanups]" if package == "pandas" else "what the script imports"
        return f"Install {what}, then build this again. Nothing of it was kept."
    return _TODO


def _describe(error: Exception) -> str:
    original = getattr(error, "orig", error)  # SQLAlchemy wraps the driver's
    if isinstance(original, psycopg2.Error) and original.pgcode is not None:
        return f"{find_safe_text(original).rstrip('.')} (SQLSTATE {original.pgcode})"
    if isinstance(error, _ABOUT_CODE):
        return f"{type(error).__name__}: {error}".rstrip(".")
    return f"{type(error).__name__} (its text may hold values of rows, and is not shown)"
