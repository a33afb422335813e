"""The passwords and API keys of one stack: random, made once, kept in its data directory."""

from __future__ import annotations

import secrets
from pathlib import Path

import bcrypt
import msgspec

from medtime_backend.local.data_directory import write_private
from medtime_backend.local.errors import StackError

# The cost Supabase Auth uses.
BCRYPT_ROUNDS = 10


class Credentials(msgspec.Struct, frozen=True):
    """Passwords by what they open. `demo_hash` is the bcrypt hash of `demo`, kept because it is slow to make.

    The two API keys are in the form of Supabase's own. The files of older stacks do not have them.
    """

    supabase_admin: str
    postgres: str
    supabase_auth_admin: str
    authenticator: str
    medtime_service: str
    valkey: str
    demo: str
    demo_hash: str
    publishable_key: str = ""
    secret_key: str = ""


def load_credentials(path: Path) -> Credentials:
    """Read the passwords, or make them on the first start. Raises StackError if the file is damaged."""
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=Credentials)
    except FileNotFoundError:
        return _write(path, _new_credentials())
    except (OSError, msgspec.DecodeError) as error:
        raise StackError(f"{path} cannot be read ({error}); start anew with --reset.") from error
    missing = {name: value for name, value in _new_api_keys().items() if not getattr(stored, name)}
    return _write(path, msgspec.structs.replace(stored, **missing)) if missing else stored


def _new_credentials() -> Credentials:
    demo = secrets.token_urlsafe(9)
    api_keys = _new_api_keys()
    made_elsewhere = {"demo", "demo_hash", *api_keys}
    names = [name for name in Credentials.__struct_fields__ if name not in made_elsewhere]
    return Credentials(
        **{name: secrets.token_urlsafe(24) for name in names},
        demo=demo,
        demo_hash=bcrypt.hashpw(demo.encode(), bcrypt.gensalt(BCRYPT_ROUNDS, prefix=b"2a")).decode(),
        **api_keys,
    )


def _new_api_keys() -> dict[str, str]:
    return {
        "publishable_key": f"sb_publishable_{secrets.token_urlsafe(24)}",
        "secret_key": f"sb_secret_{secrets.token_urlsafe(24)}",
    }


def _write(path: Path, credentials: Credentials) -> Credentials:
    write_private(path, msgspec.json.encode(credentials).decode())
    return credentials
