"""How commands for operators reach the database: which one, and what to say when it does not work."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import asyncpg
import typer

from medtime_backend import environment
from medtime_backend.operator_error import OperatorError
from medtime_backend.settings_rules import PREFIX, SettingsError

STACK_FILE = Path(".medtime/dev/stack.json")
SETTING = "admin_database_url"
VARIABLE = PREFIX + SETTING.upper()
CONNECT_SECONDS = 15.0
STATEMENT_SECONDS = 60.0


def said(setting: str, given: str | None) -> str | None:
    """What an option of this setting was given, or else what the file holds that its variable with _FILE names.

    Raises OperatorError.
    """
    if given and given != os.environ.get(PREFIX + setting.upper()):
        return given
    try:
        return environment.given(os.environ, (setting,)).get(setting)
    except SettingsError as fault:
        raise OperatorError(f"{fault}.") from None


def url_from_file(given: str | None) -> str | None:
    """The operator's database, as `said`."""
    return said(SETTING, given)


DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--db-url",
        envvar=VARIABLE,
        callback=url_from_file,
        show_default=False,
        metavar="URL",
        help="Database, as the role that ran the migrations (postgres); without it, the stack of `medtime dev` here.",
    ),
]

Result = TypeVar("Result")


class DatabaseError(OperatorError):
    """The database cannot be reached, or refuses what is asked of it."""


def run(url: str | None, work: Callable[[asyncpg.Connection], Awaitable[Result]], *, keep: bool = True) -> Result:
    """Do the work in one transaction, which is rolled back in the end without `keep`.

    Raises DatabaseError, and what the work raises.
    """

    async def in_transaction(connection: asyncpg.Connection) -> Result:
        return await _in_transaction(connection, work, keep=keep)

    return asyncio.run(connected(url or address_of_stack(), in_transaction))


async def connected(
    url: str, work: Callable[[asyncpg.Connection], Awaitable[Result]], *, seconds: float | None = STATEMENT_SECONDS
) -> Result:
    """Do work that begins and ends its own transaction; `seconds` bounds each statement, None does not.

    Raises DatabaseError, and what the work raises.
    """
    connection = await _connect(url, seconds)
    try:
        return await work(connection)
    except asyncpg.PostgresError as fault:
        raise _refusal(fault) from fault
    except (OSError, TimeoutError, asyncpg.InterfaceError) as fault:
        raise DatabaseError(f"The connection to the database at {place_of(url)} was lost.") from fault
    finally:
        with suppress(Exception):
            await connection.close(timeout=5)


async def _in_transaction(
    connection: asyncpg.Connection, work: Callable[[asyncpg.Connection], Awaitable[Result]], *, keep: bool
) -> Result:
    # Through a transaction pooler (port 6543) a connection is ours for a transaction only, and so are its statements.
    transaction = connection.transaction()
    await transaction.start()
    try:
        result = await work(connection)
    except BaseException:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await transaction.rollback()
        raise
    await (transaction.commit() if keep else transaction.rollback())
    return result


async def _connect(url: str, seconds: float | None) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(
            url,
            timeout=CONNECT_SECONDS,
            command_timeout=seconds,
            statement_cache_size=0,
            server_settings={"application_name": "medtime-cli"},
        )
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as fault:
        raise DatabaseError(f"The database at {place_of(url)} does not accept this user and password.") from fault
    except asyncpg.PostgresError as fault:
        raise DatabaseError(f"The database at {place_of(url)} refuses the connection: {fault}.") from fault
    # A ValueError of asyncpg may quote the address, and with it the password.
    except (ValueError, asyncpg.InterfaceError):
        raise DatabaseError(
            "The database's address is not one of Postgres: postgresql://user:password@host:5432/postgres"
        ) from None
    except (OSError, TimeoutError) as fault:
        raise DatabaseError(f"The database at {place_of(url)} cannot be reached ({_reason(fault)}).") from fault


def address_of_stack(key: str = "database_url") -> str:
    """The database of the embedded stack that runs in this directory. Raises DatabaseError."""
    try:
        return str(json.loads(STACK_FILE.read_text(encoding="utf-8"))[key])
    except FileNotFoundError:
        raise DatabaseError(
            f"Which database? Give --db-url or set {VARIABLE}; no stack of `medtime dev` runs in this directory."
        ) from None
    except (OSError, ValueError, LookupError, TypeError):
        raise DatabaseError(f"{STACK_FILE} cannot be read: give --db-url, or start `medtime dev` again.") from None


def _refusal(fault: asyncpg.PostgresError) -> DatabaseError:
    if isinstance(fault, asyncpg.InsufficientPrivilegeError):
        return DatabaseError(f"This role may not do that ({fault}): use the one that ran the migrations, postgres.")
    if isinstance(fault, asyncpg.UndefinedTableError | asyncpg.InvalidSchemaNameError | asyncpg.UndefinedFunctionError):
        return DatabaseError(f"The database lacks migrations of MedTime ({fault}): apply supabase/migrations first.")
    if isinstance(fault, asyncpg.ReadOnlySQLTransactionError):
        return DatabaseError("This database takes no writes, as a read-only replica: give the address of the primary.")
    return DatabaseError(f"The database refuses: {fault} (SQLSTATE {fault.sqlstate}).")


def place_of(url: str) -> str:
    """Host and port without user and password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "this address"
    return f"{host or 'this machine'}:{port or 5432}"


def database_of(url: str) -> str:
    """The same with the database's name."""
    try:
        return f"{place_of(url)}{urlsplit(url).path}"
    except ValueError:
        return place_of(url)


def _reason(fault: BaseException) -> str:
    if isinstance(fault, TimeoutError):
        return f"no answer in {CONNECT_SECONDS:.0f} s"
    if isinstance(fault, OSError) and fault.errno and fault.errno > 0:
        return os.strerror(fault.errno)
    return getattr(fault, "strerror", None) or type(fault).__name__
