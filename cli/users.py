"""`medtime users`: who there is, on which tier, what a tier may store, whether tokens will say so, and who is to go."""

from __future__ import annotations

from typing import Annotated

import asyncpg
import typer
from rich.markup import escape

from cli.database import DatabaseUrl, run
from cli.output import COULD_NOT_CHECK, checking, messages, plain_table, print_json, print_table
from cli.sizes import parse_size, show_size
from cli.users_erase import erase
from medtime_backend.operator_error import OperatorError
from medtime_backend.services import hook_check as hook
from medtime_backend.services import users as service

STYLES = {"ok": "green", "finding": "red", "unknown": "yellow"}

users = typer.Typer(no_args_is_help=True, help="Users, their tiers, and the claims of their tokens.")
users.command()(erase)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(metavar="EMAIL", help="The user's e-mail address, or id.")]


@users.command("list")
def list_users(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    search: Annotated[str | None, typer.Option(metavar="TEXT", help="Part of the e-mail address.")] = None,
    db_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """List users, the newest first, with tier and storage."""

    async def work(connection: asyncpg.Connection) -> list[service.UserAccount]:
        return await service.accounts(connection, search=search, limit=limit + 1)

    found = run(db_url, work)
    shown, more = found[:limit], len(found) > limit
    if as_json:
        print_json({"users": shown, "more": more})
        return
    _print_accounts(shown)
    if more:
        messages.print("There are more: give --search or a higher --limit.")


@users.command()
def tier(
    name: Name,
    new_tier: Annotated[str | None, typer.Argument(metavar="[TIER]", help="The tier to move the user to.")] = None,
    db_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show a user's tier, or move the user to another."""

    async def work(connection: asyncpg.Connection) -> service.UserAccount:
        if new_tier is None:
            return await service.account(connection, name)
        return await service.set_tier(connection, name, new_tier)

    account = run(db_url, work)
    if as_json:
        print_json(account)
    else:
        _print_accounts([account])
    if new_tier is None:
        return
    messages.print(
        f"The quota of {account.tier} holds at once; rate limits follow with the next token refresh, at most an hour."
    )
    if account.used_bytes > account.quota_bytes:
        messages.print("More is stored than the quota: nothing is lost, but until then only deletions are accepted.")


@users.command()
def quotas(
    tier_name: Annotated[str | None, typer.Argument(metavar="[TIER]", help="The tier to change.")] = None,
    size: Annotated[str | None, typer.Argument(metavar="[SIZE]", help="Its storage: 200MB, 1.5GB.")] = None,
    db_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show what each tier may store, or change it; 1 MB is 1,000,000 bytes. It holds at once."""
    if tier_name is not None and size is None:
        raise OperatorError(f"Which size? medtime users quotas {tier_name} 200MB")
    storage = parse_size(size) if size is not None else 0

    async def work(connection: asyncpg.Connection) -> list[service.TierStorage]:
        if tier_name is None:
            return await service.tiers(connection)
        return await service.set_storage(connection, tier_name, storage)

    found = run(db_url, work)
    if as_json:
        print_json({"tiers": found})
        return
    table = plain_table("Tier", "Storage", "Bytes")
    for one in found:
        table.add_row(one.tier, show_size(one.storage_bytes), f"{one.storage_bytes:,}")
    print_table(table)


@users.command("hook-check")
def hook_check(name: Name, db_url: DatabaseUrl = None, as_json: Json = False) -> None:
    """Run the access token hook as Supabase Auth would for this user; nothing is changed.

    Exits with 0 when all is well, with 1 on a finding, with 2 when it could not be checked.
    """

    async def work(connection: asyncpg.Connection) -> tuple[service.UserAccount, list[hook.Finding]]:
        account = await service.account(connection, name)
        return account, await hook.check(connection, account)

    with checking():
        account, findings = run(db_url, work, keep=False)
    kinds = {finding.result for finding in findings}
    if as_json:
        print_json({"user_id": account.user_id, "email": account.email, "findings": findings, "ok": kinds == {"ok"}})
    else:
        table = plain_table("Check", "Result", "Detail")
        for one in findings:
            table.add_row(one.check, f"[{STYLES[one.result]}]{one.result}[/]", escape(one.detail))
        print_table(table)
    if "finding" in kinds:
        raise typer.Exit(1)
    if "unknown" in kinds:
        raise typer.Exit(COULD_NOT_CHECK)


def _print_accounts(accounts: list[service.UserAccount]) -> None:
    table = plain_table("E-mail", "Tier", "Stored", "Quota", "Last sign-in", "Id")
    for one in accounts:
        seen = f"{one.last_sign_in_at:%Y-%m-%d}" if one.last_sign_in_at else "never"
        table.add_row(
            escape(one.email or "-"),
            one.tier,
            show_size(one.used_bytes),
            show_size(one.quota_bytes),
            seen,
            str(one.user_id),
        )
    print_table(table)
