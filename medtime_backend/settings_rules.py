"""What settings must be for the service to start: nothing that would let anybody in, nothing that cannot work.

A rule names the variable, never its value: it may be a password.
"""

import ipaddress
import os
import re
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from redis.connection import parse_url

PREFIX = "MEDTIME_"
ASYMMETRIC = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
GROUPS = ("sync_push", "sync_pull", "catalog", "ocr")
REDIS_SCHEMES = ("redis", "rediss", "redis+cluster", "rediss+cluster")
# Names that lead to no machine on the internet: this one, those of a container network or a cluster.
INTERNAL = re.compile(r"[a-z][^.:]*|.+\.(internal|svc|svc\.cluster\.local)|::1|127(\.\d{1,3}){3}")
POOLER_PORT = 6543
LAST_PORT = 65535
EMBEDDED_OCR = {"rapidocr": "rapidocr"}
"""Engines that run here, and the package each needs."""


class SettingsError(ValueError):
    """A setting is missing or wrong. The text names the variable, never its value."""


def check(settings: Any) -> None:
    """Raise SettingsError at the first rule that `Settings` does not keep."""
    for rule in RULES:
        rule(settings)


def rates_of(tier: str, given: Iterable[str]) -> Mapping[str, int]:
    """The numbers of `group=number` parts, one for each group. Raises SettingsError."""
    parts = [part.partition("=") for part in given]
    rates = {name.strip(): int(number) for name, _, number in parts if re.fullmatch(r"\s*[1-9][0-9]{0,8}\s*", number)}
    if len(parts) != len(GROUPS) or set(rates) != set(GROUPS):
        raise SettingsError(
            f"{PREFIX}RATE_{tier.upper()} needs a number for each of {', '.join(GROUPS)}: sync_push=10,…"
        )
    return rates


def _database(settings: Any) -> None:
    for name in ("database_url", "database_read_url"):
        value, variable = getattr(settings, name), PREFIX + name.upper()
        if name == "database_read_url" and not value:
            continue
        address = _address(value)
        if address is None or address.scheme not in {"postgres", "postgresql"}:
            raise SettingsError(f"{variable} is no postgresql:// address")
        if address.port == POOLER_PORT and settings.database_statement_cache:
            raise SettingsError(
                f"{variable} is a transaction pooler (port 6543): set MEDTIME_DATABASE_STATEMENT_CACHE=0",
            )


def _redis(settings: Any) -> None:
    if settings.redis_url:
        check_redis_url(settings.redis_url)


def check_redis_url(url: str) -> None:
    """Raise SettingsError for what is no address of Redis."""
    address = _address(url)
    try:
        if address is None or address.scheme not in REDIS_SCHEMES or not address.hostname:
            raise ValueError  # noqa: TRY301 - one problem, said in one place
        parse_url(url.replace("+cluster", "", 1))  # type: ignore[no-untyped-call] # redis-py has no types for it
    except ValueError:
        said = ", ".join(REDIS_SCHEMES)
        raise SettingsError(f"MEDTIME_REDIS_URL is no address of Redis ({said}://host:port)") from None


def _keys(settings: Any) -> None:
    if bool(settings.jwks_url) == bool(settings.jwks_file):
        raise SettingsError("set exactly one of MEDTIME_JWKS_URL and MEDTIME_JWKS_FILE")
    if settings.jwks_file and not Path(settings.jwks_file).is_file():
        raise SettingsError("MEDTIME_JWKS_FILE names no readable file")
    # Who can change what comes over plain HTTP could hand out keys of their own, or read passwords.
    for name, value in (("JWKS_URL", settings.jwks_url), ("AUTH_URL", settings.auth_url)):
        check_web_address(name, value, "could replace it")


def _functions(settings: Any) -> None:
    check_web_address("FUNCTIONS_URL", settings.functions_url, "could read the key")
    if settings.functions_url and not settings.functions_key:
        raise SettingsError("MEDTIME_FUNCTIONS_URL needs MEDTIME_FUNCTIONS_KEY, or MEDTIME_FUNCTIONS_KEY_FILE")
    if not settings.functions_key.isprintable() or not settings.functions_key.isascii():
        raise SettingsError("MEDTIME_FUNCTIONS_KEY holds a character that no header can carry")


def check_web_address(name: str, value: str, harm: str) -> None:
    """Raise SettingsError for what is no web address, or one over plain HTTP, where `harm` could be done."""
    address = _address(value)
    if value and (address is None or address.scheme not in {"http", "https"} or not address.hostname):
        raise SettingsError(f"{PREFIX}{name} is no http(s) address")
    if address and address.scheme == "http" and not INTERNAL.fullmatch(address.hostname or ""):
        raise SettingsError(f"{PREFIX}{name} must be https: over plain http, anybody on the way {harm}")


def _tokens(settings: Any) -> None:
    if not settings.jwt_issuer.strip():
        raise SettingsError("MEDTIME_JWT_ISSUER is empty: tokens of anyone would be accepted")
    if not settings.jwt_audience or not all(settings.jwt_audience):
        raise SettingsError("MEDTIME_JWT_AUDIENCE is empty: tokens meant for others would be accepted")
    if not settings.jwt_algorithms or set(settings.jwt_algorithms) - ASYMMETRIC:
        raise SettingsError("MEDTIME_JWT_ALGORITHMS may only name asymmetric algorithms, such as RS256 or ES256")


def _rates(settings: Any) -> None:
    # Reading them checks them.
    _ = settings.rates


def _networks(settings: Any) -> None:
    for name in ("trusted_proxies", "metrics_networks"):
        try:
            for network in getattr(settings, name):
                # To believe everybody would let each client choose its address.
                if ipaddress.ip_network(network).prefixlen == 0 and name == "trusted_proxies":
                    raise ValueError  # noqa: TRY301 - as any other network that cannot be
        except ValueError:
            raise SettingsError(f"{PREFIX}{name.upper()} is no list of networks, such as 10.0.0.0/8") from None


def _metrics_port(settings: Any) -> None:
    if settings.metrics_listen:
        listening_address(settings.metrics_listen)


def listening_address(value: str) -> tuple[str, int]:
    """Address and port of `127.0.0.1:9464` or `[::]:9464`. Raises SettingsError."""
    found = re.fullmatch(r"(?:(?P<four>[0-9.]+)|\[(?P<six>[0-9a-fA-F:.]+)\]):(?P<port>[0-9]{1,5})", value)
    try:
        if found is None or not 1 <= int(found["port"]) <= LAST_PORT:
            raise ValueError  # noqa: TRY301 - one problem, said in one place
        return str(ipaddress.ip_address(found["four"] or found["six"])), int(found["port"])
    except ValueError:
        raise SettingsError("MEDTIME_METRICS_LISTEN is no address and port, such as 0.0.0.0:9464") from None


def _ocr(settings: Any) -> None:
    if settings.ocr_keys_file and settings.ocr_keys:
        raise SettingsError("set only one of MEDTIME_OCR_KEYS_FILE and MEDTIME_OCR_KEYS")
    for name in ("ocr_keys_file", "ocr_credentials_file"):
        if getattr(settings, name) and not Path(getattr(settings, name)).is_file():
            raise SettingsError(f"{PREFIX}{name.upper()} names no readable file")
    address = _address(settings.ocr_url)
    if settings.ocr_url and (address is None or address.scheme not in {"http", "https"} or not address.hostname):
        raise SettingsError("MEDTIME_OCR_URL is no http(s) address")
    if address and address.scheme == "http" and not INTERNAL.fullmatch(address.hostname or ""):
        raise SettingsError("MEDTIME_OCR_URL must be https: over plain http, anybody on the way could read the images")
    if not settings.has_ocr:
        return
    if settings.ocr_engine in EMBEDDED_OCR:
        if find_spec(EMBEDDED_OCR[settings.ocr_engine]) is None:
            raise SettingsError("MEDTIME_OCR_ENGINE=rapidocr needs the extra `ocr`: it is not installed")
    elif not settings.ocr_credentials_file:
        raise SettingsError(f"MEDTIME_OCR_ENGINE={settings.ocr_engine} needs MEDTIME_OCR_CREDENTIALS_FILE")


def _address(value: str) -> SplitResult | None:
    """The parts of an address, or None if it has none."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _logs(settings: Any) -> None:
    if settings.log_dir and not (Path(settings.log_dir).is_dir() and os.access(settings.log_dir, os.W_OK | os.X_OK)):
        raise SettingsError("MEDTIME_LOG_DIR is no directory that the service may write to")


RULES: tuple[Callable[[Any], None], ...] = (
    _database,
    _redis,
    _keys,
    _functions,
    _tokens,
    _rates,
    _networks,
    _metrics_port,
    _logs,
    _ocr,
)
