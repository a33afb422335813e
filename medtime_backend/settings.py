"""The service's settings, all from the environment (docs/configuration.md). Wrong ones are named at start."""

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec

from medtime_backend import environment as environments
from medtime_backend import settings_rules
from medtime_backend.settings_rules import PREFIX, SettingsError


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Each field is read from MEDTIME_<NAME>; lists are separated by commas, times are seconds."""

    database_url: str
    """Connection of the role medtime_service."""
    database_read_url: str = ""
    """A read replica, as the same role: for pulls and the catalog, when it has seen enough."""
    redis_url: str = ""
    """Where sessions and rate limits live: redis://, rediss:// (TLS), or redis+cluster://, rediss+cluster://."""
    redis_timeout: Annotated[float, msgspec.Meta(gt=0, le=5)] = 0.5
    """How long an answer of Redis is waited for before the worker goes on without it."""
    auth_url: str = ""
    """Supabase Auth: https://<project>.supabase.co/auth/v1. Empty: where jwks_url is."""
    auth_api_key: str = ""
    """The project's publishable key, which the gateway before Auth asks for."""
    auth_timeout: Annotated[float, msgspec.Meta(gt=0, le=30)] = 10.0
    """How long an answer of Supabase Auth is waited for."""
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
    session_max_age: Annotated[float, msgspec.Meta(ge=1, le=55)] = 45.0
    """How long a session is taken to be as it was found; with it, a signed-out one is refused within a minute."""
    rate_free: tuple[str, ...] = ("sync_push=10", "sync_pull=30", "catalog=60", "ocr=5")
    """Requests a minute of a user of the free tier, by group."""
    rate_pro: tuple[str, ...] = ("sync_push=50", "sync_pull=150", "catalog=120", "ocr=20")
    """Requests a minute of a user of the pro tier, by group."""
    rate_perfect: tuple[str, ...] = ("sync_push=100", "sync_pull=300", "catalog=200", "ocr=50")
    """Requests a minute of a user of the perfect tier, by group."""
    rate_address: Annotated[int, msgspec.Meta(ge=1)] = 1000
    """Requests a minute of one client address, of all users behind it."""
    rate_sign_in: Annotated[int, msgspec.Meta(ge=1)] = 30
    """Sign-in attempts a minute of one client address."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks of our own gateways, whose X-Forwarded-For is believed: 10.0.0.0/8,fd00::/8."""
    metrics_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks that may read /metrics."""
    metrics_listen: str = ""
    """Address and port of its own for /metrics, 0.0.0.0:9464; then there is none on the service's port."""
    database_pool_size: Annotated[int, msgspec.Meta(ge=1, le=500)] = 10
    """Connections a worker opens at most."""
    database_pool_timeout: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    """How long a request waits for a connection before it is answered 503."""
    database_statement_timeout: Annotated[float, msgspec.Meta(gt=0, le=60)] = 10.0
    """How long an answer of the database is waited for; a little longer than the role's statement_timeout."""
    database_statement_cache: Annotated[int, msgspec.Meta(ge=0)] = 100
    """Prepared statements kept per connection; 0 behind a transaction pooler (port 6543)."""
    ocr_keys_file: str = ""
    """The key ring that images are sealed to (`medtime keys new ocr`). Without keys there are no /ocr routes."""
    ocr_keys: str = ""
    """The same ring as text, instead of ocr_keys_file: every process of this environment can read it there."""
    ocr_engine: Literal["rapidocr", "google", "aws"] = "rapidocr"
    """rapidocr (on this machine), google (Cloud Vision) or aws (Textract)."""
    ocr_credentials_file: str = ""
    """What google and aws need: a service account's key, or access_key_id, secret_access_key and region, as JSON."""
    ocr_url: str = ""
    """Another address of google or aws: of a region, or a proxy of your own."""
    ocr_workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    """Images that a process of the service has read at the same time."""
    ocr_queue: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 20
    """Images that wait for that in memory, each up to 10 MB; more are answered 503."""
    concurrent_requests: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    """Requests a worker works on at once; beyond it they are answered 503."""
    request_timeout: Annotated[float, msgspec.Meta(ge=1, le=600)] = 60.0
    """How long a request may take, its body's arrival included."""
    drain_seconds: Annotated[float, msgspec.Meta(ge=0, le=300)] = 10.0
    """How long `medtime serve` goes on after SIGTERM, no longer ready, until gateways have gone elsewhere."""
    functions_url: str = ""
    """Where edge functions are: https://<project>.supabase.co/functions/v1. Empty: nobody is woken at once."""
    functions_key: str = ""
    """What push-notify asks for: its own PUSH_NOTIFY_KEY, which opens nothing else, or a secret key of the project."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """debug, info, warning or error."""
    traces: bool = False
    """Whether requests are traced by OpenTelemetry (extra `otel`)."""
    log_dir: str = ""
    """A directory for log files, a new one each day, kept for seven; empty: standard output."""

    def __post_init__(self) -> None:
        settings_rules.check(self)

    def __repr__(self) -> str:
        """No value: wherever settings are printed, passwords would be."""
        return "Settings(…)"

    @property
    def hides_metrics(self) -> bool:
        """Whether some of the networks that may read /metrics cannot, since they are a gateway's too."""
        trusted, scrapers = (
            [ip_network(network) for network in networks] for networks in (self.trusted_proxies, self.metrics_networks)
        )
        return not self.metrics_listen and any(one.overlaps(other) for one in trusted for other in scrapers)

    @property
    def rates(self) -> Mapping[str, Mapping[str, int]]:
        """Requests a minute by tier and group."""
        tiers = {"free": self.rate_free, "pro": self.rate_pro, "perfect": self.rate_perfect}
        return {tier: settings_rules.rates_of(tier, given) for tier, given in tiers.items()}

    @property
    def auth_address(self) -> str:
        """Where Supabase Auth is, without a slash at the end; empty when neither auth_url nor jwks_url tells."""
        if self.auth_url:
            return self.auth_url.rstrip("/")
        address, found, _ = self.jwks_url.partition("/.well-known/")
        return address if found else ""

    @property
    def has_ocr(self) -> bool:
        """Whether there are keys to seal images to."""
        return bool(self.ocr_keys_file or self.ocr_keys)

    def ocr_ring(self) -> bytes:
        """The key ring's text, private halves included: read anew each time and kept by nobody. Raises OSError."""
        return Path(self.ocr_keys_file).read_bytes() if self.ocr_keys_file else self.ocr_keys.encode()

    def ocr_credentials(self) -> bytes:
        """What the engine needs to be let in, read anew each time. Raises OSError."""
        return Path(self.ocr_credentials_file).read_bytes() if self.ocr_credentials_file else b""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings. Raises SettingsError that names what is missing or wrong."""
        found: dict[str, object] = {**environments.given(environment, cls.__struct_fields__)}
        for field in msgspec.structs.fields(cls):
            if isinstance(field.default, tuple) and field.name in found:
                given = str(found[field.name])
                found[field.name] = tuple(part.strip() for part in given.split(",")) if given else ()
        if "database_url" not in found:
            raise SettingsError("MEDTIME_DATABASE_URL is missing: the connection of the role medtime_service")
        try:
            return msgspec.convert(found, cls, strict=False)
        except msgspec.ValidationError as fault:
            if isinstance(fault.__cause__, SettingsError):
                raise fault.__cause__ from None
            name = str(fault).rpartition("$.")[2].rstrip("`")
            raise SettingsError(f"{PREFIX}{name.upper()} has a value of the wrong kind or range") from None
