# ruff: noqa: INP001 - run by path, as documentation
"""Two phones of one user, a conflict, and a caregiver, against the running `medtime dev`.

Run as `.venv/bin/python docs/two_phones.py [STACK_FILE]`. Exits with 0 only if everything is as it prints.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from medtime_backend.client import Conflict, Device, UnreachableError

STACK_FILE = Path(".medtime/dev/stack.json")
ANA, LUIS = "ana@demo.medtime.app", "luis@demo.medtime.app"
# A real key is random, is made on a phone, and goes from phone to phone without the server.
KEY = sha256(b"only for this example").digest()


def main() -> None:
    """Read where the stack is, and run the example against it."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else STACK_FILE
    try:
        stack = json.loads(path.read_bytes())
    except FileNotFoundError:
        sys.exit(f"{path} is not there: start the stack first with `make dev`, in another terminal.")
    try:
        asyncio.run(run(stack))
    except UnreachableError:
        sys.exit(f"Nothing answers where {path} says: start the stack first with `make dev`, in another terminal.")


async def run(stack: dict[str, Any]) -> None:
    """Make the three devices, each with its own state, and let them act."""
    users = {user["email"]: user for user in stack["users"]}
    ana = users[ANA]["user_id"]
    async with httpx.AsyncClient() as auth, httpx.AsyncClient(base_url=stack["base_url"]) as http:
        ana_signs_in = signing_in(auth, stack["auth_url"], users[ANA])
        luis_signs_in = signing_in(auth, stack["auth_url"], users[LUIS])
        phone = Device(http, ana_signs_in, "demo-phone", KEY, ana, on_conflict=merge)
        tablet = Device(http, ana_signs_in, "demo-tablet", KEY, ana, on_conflict=merge)
        luis = Device(http, luis_signs_in, "demo-luis", sha256(b"his own").digest(), shared_keys={ana: KEY})
        await two_phones(phone, tablet)
        await caregiver(luis, ana, phone)


async def two_phones(phone: Device, tablet: Device) -> None:
    """One user's two devices exchange entities, then edit the same one."""
    metformin = phone.put("medication", pack(drug="Metformin", dose="850 mg", time="08:00"))
    losartan = phone.put("medication", pack(drug="Losartan", dose="50 mg", time="21:00"))
    await phone.sync()
    say("phone", "adds", phone, metformin, losartan)

    await tablet.sync()
    say("tablet", "reads", tablet, metformin, losartan)

    # Both are offline now: nothing is sent until the next push.
    phone.edit(metformin, pack(drug="Metformin", dose="850 mg", time="08:30"))
    tablet.edit(metformin, pack(drug="Metformin", dose="1000 mg", time="08:00"))
    say("phone", "edits", phone, metformin)
    say("tablet", "edits", tablet, metformin)

    await phone.push()  # stored: it was based on the newest version
    await tablet.push()  # refused with 409; the client pulls, calls merge() and pushes again
    await phone.pull()
    say("phone", "reads", phone, metformin)

    expect(phone.get(metformin) == tablet.get(metformin) == pack(drug="Metformin", dose="1000 mg", time="08:30"))
    expect(await phone.verify() == await tablet.verify() == [])
    write("Phone, tablet and server hold the same.")


def merge(conflict: Conflict) -> bytes:
    """Settle a conflict: take from each side what it changed. An app may ask its user instead."""
    base, mine, theirs = (json.loads(side or b"{}") for side in (conflict.base, conflict.mine, conflict.theirs))
    merged = pack(**theirs | {name: value for name, value in mine.items() if value != base.get(name)})
    write(f"Conflict ({conflict.reason}):")
    sides = {"before": conflict.base, "mine": conflict.mine, "theirs": conflict.theirs, "merged": merged}
    for name, side in sides.items():
        write(f"        {name:7} {describe(side)}")
    return merged


async def caregiver(luis: Device, ana: str, phone: Device) -> None:
    """Another user, with a family link to Ana and her key, reads what she has and can write none of it."""
    await luis.pull(owner=ana)
    expect(set(luis.ids(ana)) == set(phone.ids()))
    expect(all(luis.get(entity, ana) == phone.get(entity) for entity in phone.ids()))
    write("Luis, Ana's caregiver, reads the same.")


def signing_in(auth: httpx.AsyncClient, url: str, user: dict[str, str]) -> Callable[[bool], Awaitable[str]]:
    """Sign in when a token is first needed, and again when it is no longer taken."""
    tokens: list[str] = []

    async def token(fresh: bool) -> str:  # noqa: FBT001 - the client's own signature
        if fresh or not tokens:
            credentials = {"email": user["email"], "password": user["password"]}
            answer = await auth.post(f"{url}/token", params={"grant_type": "password"}, json=credentials)
            tokens.append(answer.raise_for_status().json()["access_token"])
        return tokens[-1]

    return token


def pack(**fields: str) -> bytes:
    """An entity's cleartext. Its form is the app's own; the server never sees it."""
    return json.dumps(fields, sort_keys=True).encode()


def describe(cleartext: bytes | None) -> str:
    """One line of a medication."""
    return "{drug} {dose} at {time}".format(**json.loads(cleartext)) if cleartext else "nothing"


def say(name: str, verb: str, device: Device, *entities: str) -> None:
    """Show what a device holds."""
    for entity in entities:
        write(f"{name:7} {verb:7} {describe(device.get(entity))}")


def write(line: str) -> None:
    """Print at once, so that lines come in order even into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def expect(fact: bool) -> None:  # noqa: FBT001 - it reads as a sentence
    """Stop with a traceback and an exit code of 1 when something is not as the text above it says."""
    if not fact:
        raise SystemError("not as expected")


if __name__ == "__main__":
    main()
