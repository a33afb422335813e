"""What a stack is asked for and what it tells when it is up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from medtime_backend.shipped_files import shipped_directory

DEFAULT_ISSUER = "https://auth.medtime.app"
DEFAULT_AUDIENCE = "medtime-api"


@dataclass(frozen=True)
class StackOptions:
    """How to start.

    `port` 0 picks a free one. `durable` False switches fsync off (tests). `service` False leaves the HTTP service
    out. `migrations_dir` and `postgres_bin` replace the project's migrations and the wheel's Postgres;
    `legacy_privileges` applies the default privileges of old Supabase projects before the migrations; `seed` False
    makes no demo users. `service_environment` is added to the service's environment,
    `function_environment` to that of every edge function; `functions_project` replaces the project's folder `supabase/`
    with its functions. `wakeup_seconds` is how often wake-ups that are due are sent; 0: nobody does so beside the
    service.
    """

    data_dir: Path
    port: int = 0
    durable: bool = True
    service: bool = True
    workers: int = 1
    seed: bool = True
    migrations_dir: Path | None = None
    postgres_bin: Path | None = None
    legacy_privileges: bool = False
    issuer: str = DEFAULT_ISSUER
    audience: str = DEFAULT_AUDIENCE
    service_environment: Mapping[str, str] = field(default_factory=dict)
    function_environment: Mapping[str, str] = field(default_factory=dict)
    functions_project: Path | None = None
    wakeup_seconds: float = 0.0

    @property
    def project(self) -> Path:
        """The folder of config.toml and functions/."""
        return self.functions_project or shipped_directory("supabase")


@dataclass(frozen=True)
class DemoUser:
    """A user one can sign in as."""

    email: str
    password: str
    user_id: str


@dataclass(frozen=True)
class StackInfo:
    """Where everything is. `admin_database_url` is the superuser's: for tests, never printed."""

    base_url: str
    supabase_url: str
    auth_url: str
    functions_url: str
    database_url: str
    service_database_url: str
    admin_database_url: str
    redis_url: str
    users: tuple[DemoUser, ...]
    data_dir: Path
    signing_key: Path
    service_log: Path
    issuer: str
    audience: str
    publishable_key: str
    secret_key: str

    def as_json(self) -> dict[str, object]:
        """Return what `medtime dev --json` prints."""
        return {
            "base_url": self.base_url,
            "supabase_url": self.supabase_url,
            "auth_url": self.auth_url,
            "functions_url": self.functions_url,
            "database_url": self.database_url,
            "service_database_url": self.service_database_url,
            "redis_url": self.redis_url,
            "publishable_key": self.publishable_key,
            "secret_key": self.secret_key,
            "users": [{"email": u.email, "password": u.password, "user_id": u.user_id} for u in self.users],
        }
