"""The service's settings, all from the environment (docs/configuration.md). Wrong ones are named at start."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import msgspec

PREFIX = "MEDTIME_"
ASYMMETRIC = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}


class SettingsError(ValueError):
    """A setting is missing or wrong. The text names the variable, never its value."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Each field is read from MEDTIME_<NAME>; lists are separated by commas, times are seconds."""

    database_url: str
    """Connection of the role medtime_service."""
    redis_url: str = ""
    """Where sessions and rate limits live."""
    jwks_url: str = ""
    """Where Supabase Auth publishes its keys: https://<project>.supabase.co/auth/v1/.well-known/jwks.json"""
    jwks_file: str = ""
    """The same keys as a file, instead of jwks_url."""
    jwt_issuer: str = "https://auth.medtime.app"
    """The `iss` every token must have."""
    jwt_audience: tuple[str, ...] = ("medtime-api",)
    """The `aud` values accepted; a hosted project without the hook has `authenticated`."""
    jwt_algorithms: tuple[str, ...] = ("RS256",)
    """Signature algorithms accepted. Only asymmetric ones may be named."""
    jwt_leeway: Annotated[float, msgspec.Meta(ge=0, le=120)] = 10.0
    """Clock difference tolerated between Auth and the service."""
    jwks_max_age: Annotated[float, msgspec.Meta(ge=1)] = 600.0
    """How long fetched keys are used before they are fetched again."""
    database_pool_size: Annotated[int, msgspec.Meta(ge=1, le=500)] = 10
    """Connections a worker opens at most."""
    database_pool_timeout: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    """How long a request waits for a connection before it is answered 503."""
    database_statement_cache: Annotated[int, msgspec.Meta(ge=0)] = 100
    """Prepared statements kept per connection; 0 behind a transaction pooler (port 6543)."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """debug, info, warning or error."""

    def __post_init__(self) -> None:
        if urlsplit(self.database_url).scheme not in {"postgres", "postgresql"}:
            raise SettingsError("MEDTIME_DATABASE_URL is no postgresql:// address")
        if bool(self.jwks_url) == bool(self.jwks_file):
            raise SettingsError("set exactly one of MEDTIME_JWKS_URL and MEDTIME_JWKS_FILE")
        if self.jwks_url and not self.jwks_url.startswith(("http://", "https://")):
            raise SettingsError("MEDTIME_JWKS_URL is no http(s) address")
        if not self.jwt_issuer:
            raise SettingsError("MEDTIME_JWT_ISSUER is empty: tokens of anyone would be accepted")
        if not self.jwt_audience or not all(self.jwt_audience):
            raise SettingsError("MEDTIME_JWT_AUDIENCE is empty: tokens meant for others would be accepted")
        if not self.jwt_algorithms or set(self.jwt_algorithms) - ASYMMETRIC:
            raise SettingsError("MEDTIME_JWT_ALGORITHMS may only name asymmetric algorithms, such as RS256 or ES256")
        if self.jwks_file and not Path(self.jwks_file).is_file():
            raise SettingsError("MEDTIME_JWKS_FILE names no readable file")
        if ":6543/" in self.database_url and self.database_statement_cache:
            raise SettingsError(
                "MEDTIME_DATABASE_URL is a transaction pooler (port 6543): set MEDTIME_DATABASE_STATEMENT_CACHE=0",
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings. Raises SettingsError that names what is missing or wrong."""
        names = {field.name for field in msgspec.structs.fields(cls)}
        known = {PREFIX + name.upper(): name for name in names}
        found: dict[str, object] = {}
        for variable, name in known.items():
            value = environment.get(variable)
            if value is not None:
                found[name] = value
        for name in ("jwt_audience", "jwt_algorithms"):
            if name in found:
                found[name] = tuple(part.strip() for part in str(found[name]).split(","))
        if "database_url" not in found:
            raise SettingsError("MEDTIME_DATABASE_URL is missing: the connection of the role medtime_service")
        try:
            return msgspec.convert(found, cls, strict=False)
        except msgspec.ValidationError as fault:
            if isinstance(fault.__cause__, SettingsError):
                raise fault.__cause__ from None
            name = str(fault).rpartition("$.")[2].rstrip("`")
            raise SettingsError(f"{PREFIX}{name.upper()} has a value of the wrong kind or range") from None
