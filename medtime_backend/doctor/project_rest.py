"""The project's REST API, as anybody and as a user."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import jwt

from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding, place_of, reason_of
from medtime_backend.doctor.signing_in import NotSignedInError
from medtime_backend.doctor.user_client import user_client

CHECK: Final = "REST"
OWN_ROWS: Final = "REST, own rows only"
ENTITIES: Final = "srv_encrypted_entities"
DENIED: Final = "42501"
NOT_EXPOSED: Final = "PGRST106"


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """Whether REST answers, tells nobody anything, hides `private`, and shows a user no rows of strangers."""
    url, key = visit.deployment.supabase_url, visit.deployment.publishable_key
    if not url or not key:
        missing = "SUPABASE_PUBLISHABLE_KEY (or SUPABASE_ANON_KEY)" if url else "SUPABASE_URL"
        yield Finding(CHECK, "skipped", f"no address: {missing} is not set" if not url else f"{missing} is not set")
        return
    try:
        async for finding in _rest(visit, url, key):
            yield finding
    except ModuleNotFoundError as missing_module:
        yield Finding(CHECK, "skipped", f"{missing_module.name} is not installed")
    # Also ValueError: an answer that is none of PostgREST's, and an address that is none.
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as fault:
        yield Finding(CHECK, "failure", f"{place_of(url)}: {reason_of(fault)}", "check SUPABASE_URL")


async def _rest(visit: Visit, url: str, key: str) -> AsyncIterator[Finding]:
    refused = await _refusal(url, key)
    if refused is None:
        yield Finding(CHECK, "failure", f"anybody may read {ENTITIES}", "medtime policies audit --read-only")
    elif refused != DENIED:
        yield Finding(
            CHECK, "failure", f"answers {refused}", "check SUPABASE_URL, the key, and that `public` is exposed"
        )
    else:
        yield Finding(CHECK, "ok", "answers, and refuses who is not signed in")
    hidden = await _refusal(url, key, schema="private")
    if hidden == NOT_EXPOSED:
        yield Finding("REST, schema private", "ok", "is not exposed")
    elif hidden is None or hidden == DENIED:
        yield Finding("REST, schema private", "failure", "is exposed", "take it out of the project's exposed schemas")
    else:
        yield Finding("REST, schema private", "skipped", f"is answered {hidden}")
    try:
        token = await visit.user.token()
    except NotSignedInError as fault:
        yield Finding(OWN_ROWS, "skipped", str(fault))
        return
    yield await _own_rows(url, key, token)


async def _refusal(url: str, key: str, schema: str = "public") -> str | None:
    """The code with which a question of nobody in particular is refused; None when it is answered."""
    from postgrest.exceptions import APIError  # noqa: PLC0415 - not installed where only the service runs

    table = ENTITIES if schema == "public" else "owners"
    async with user_client(url, key) as client:
        try:
            await client.schema(schema).from_(table).select("user_id").limit(1).execute()
        except APIError as refusal:
            return str(refusal.code or "without a code")
    return None


async def _own_rows(url: str, key: str, token: str) -> Finding:
    from postgrest.exceptions import APIError  # noqa: PLC0415 - as above

    me = str(jwt.decode(token, options={"verify_signature": False})["sub"])
    async with user_client(url, key, token) as client:
        try:
            links = (
                await client.from_("srv_family_links")
                .select("supervised_user_id")
                .eq("supervisor_id", me)
                .eq("status", "active")
                .execute()
            )
            # REST gives 1,000 rows at most, and a caregiver has fewer owners than that.
            owners = {str(row["supervised_user_id"]) for row in _rows(links.data)}
            foreign = (
                await client.from_(ENTITIES)
                .select("user_id")
                .not_.in_("user_id", [me, *sorted(owners)])
                .limit(1)
                .execute()
            )
            own = await client.from_(ENTITIES).select("id").eq("user_id", me).limit(1).execute()
        except APIError as refusal:
            mend = "check that REST verifies the project's signing keys, and the grants: medtime policies audit"
            return Finding(OWN_ROWS, "failure", f"a user's question is refused: {refusal.code}", mend)
    if _rows(foreign.data):
        return Finding(
            OWN_ROWS, "failure", "a user sees rows of strangers", "medtime policies audit --read-only, at once"
        )
    has = "own rows are seen" if _rows(own.data) else "the user has no rows"
    return Finding(OWN_ROWS, "ok", f"{has}, none of strangers; {len(owners)} shared owners")


def _rows(data: object) -> list[dict[str, Any]]:
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
