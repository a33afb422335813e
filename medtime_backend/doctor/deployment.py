"""What is known of a deployment, and the visit that the checks pay to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from medtime_backend.settings import Settings

if TYPE_CHECKING:
    from medtime_backend.doctor.signing_in import SignedInUser


@dataclass(frozen=True)
class Credentials:
    """A user to sign in as."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Deployment:
    """Addresses and keys; an empty one is not known, and what needs it is skipped.

    `settings` are the service's own; `settings_fault` says what is wrong with those that were given. `admin_url` is the
    database as the role that ran the migrations, `api_key` the project's publishable key, `workers` how many the
    service has in all. `write` allows an entity to be pushed for the user.
    """

    service_url: str = ""
    admin_url: str = field(default="", repr=False)
    settings: Settings | None = field(default=None, repr=False)
    settings_fault: str = ""
    supabase_url: str = ""
    api_key: str = field(default="", repr=False)
    credentials: Credentials | None = None
    workers: int = 1
    write: bool = False

    @property
    def auth_url(self) -> str:
        """Supabase Auth: of the project, of the settings, or, for signing in alone, the service's relay to it."""
        if self.supabase_url:
            return f"{self.supabase_url.rstrip('/')}/auth/v1"
        if self.settings is not None and self.settings.auth_address:
            return self.settings.auth_address
        return f"{self.service_url.rstrip('/')}/auth" if self.service_url else ""

    @property
    def auth_is_direct(self) -> bool:
        """Whether `auth_url` is Auth itself."""
        return bool(self.supabase_url or (self.settings is not None and self.settings.auth_address))

    @property
    def publishable_key(self) -> str:
        """The key that a gateway before the project's APIs asks for."""
        return self.api_key or (self.settings.auth_api_key if self.settings is not None else "")


@dataclass(frozen=True)
class Visit:
    """One run: the deployment, an HTTP client with a time limit, and the user once signed in."""

    deployment: Deployment
    http: httpx.AsyncClient
    user: SignedInUser
