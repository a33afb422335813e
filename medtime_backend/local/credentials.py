"""The passwords of one stack: random, made once, kept in its data directory."""

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
    """Passwords by what they open. `demo_hash` is the bcrypt hash of `demo`, kept because it is slow to make."""

    supabase_admin: str
    postgres: str
    supabase_auth_admin: str
    authenticator: str
    medtime_service: str
    valkey: str
    demo: str
    demo_hash: str


def load_credentials(path: Path) -> Credentials:
    """Read the passwords, or make them on the first start. Raises StackError if the file is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except FileNotFoundError:
        pass
    except (OSError, msgspec.DecodeError) as error:
        raise StackError(f"{path} cannot be read ({error}); start anew with --reset.") from error
    names = [name for name in Credentials.__struct_fields__ if not name.startswith("demo")]
    demo = secrets.token_urlsafe(9)
    credentials = Credentials(
        **{name: secrets.token_urlsafe(24) for name in names},
        demo=demo,
        demo_hash=bcrypt.hashpw(demo.encode(), bcrypt.gensalt(BCRYPT_ROUNDS, prefix=b"2a")).decode(),
    )
    write_private(path, msgspec.json.encode(credentials).decode())
    return credentials
