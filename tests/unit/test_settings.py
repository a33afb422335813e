"""Settings from the environment: what is missing or wrong is named, its value never told."""

from pathlib import Path

import pytest

from medtime_backend import settings_rules
from medtime_backend.services.ocr import public_ring
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import ASYMMETRIC, PREFIX, SettingsError

GOOD = {
    "MEDTIME_DATABASE_URL": "postgresql://medtime_service:secret@db:5432/postgres",
    "MEDTIME_JWKS_URL": "https://auth.medtime.app/.well-known/jwks.json",
}


def test_defaults() -> None:
    found = Settings.from_environment(GOOD)
    assert found.jwt_issuer == "https://auth.medtime.app"
    assert found.jwt_audience == ("medtime-api",)
    assert found.jwt_algorithms == ("RS256",)
    assert found.database_pool_size == 10


def test_they_are_not_told_when_they_are_printed() -> None:
    found = Settings.from_environment(GOOD)
    assert "secret" not in f"{found} {found!r}"


def test_every_field_has_its_variable(tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    keys.touch()
    given = {
        "log_dir": str(tmp_path),
        "database_url": "postgresql://x",
        "database_read_url": "postgres://replica",
        "redis_url": "redis+cluster://y:7000",
        "redis_timeout": "0.5",
        "auth_url": "https://auth.example/auth/v1/",
        "auth_api_key": "sb_publishable_x",
        "auth_timeout": "3",
        "session_max_age": "30",
        "rate_free": "sync_push=1, sync_pull=2, catalog=3, ocr=4",
        "rate_pro": "ocr=8,sync_push=5,sync_pull=6,catalog=7",
        "rate_perfect": "sync_push=9,sync_pull=10,catalog=11,ocr=12",
        "rate_address": "2000",
        "rate_sign_in": "20",
        "trusted_proxies": "10.0.0.0/8,fd00::/8",
        "metrics_networks": "",
        "metrics_listen": "[::]:9464",
        "jwks_file": str(keys),
        "jwt_issuer": "https://i",
        "jwt_audience": "a, b",
        "jwt_algorithms": "RS256,ES256",
        "jwt_leeway": "3",
        "jwks_max_age": "60",
        "database_pool_size": "4",
        "database_pool_timeout": "0.5",
        "database_statement_cache": "0",
        "ocr_keys_file": str(keys),
        "ocr_engine": "google",
        "ocr_credentials_file": str(keys),
        "ocr_url": "https://eu-vision.googleapis.com",
        "ocr_workers": "4",
        "ocr_queue": "0",
        "database_statement_timeout": "3",
        "concurrent_requests": "50",
        "request_timeout": "30",
        "drain_seconds": "0",
        "functions_url": "https://functions.example/v1",
        "functions_key": "opens-push-notify",
        "log_level": "warning",
        "traces": "true",
    }
    assert {*given, "jwks_url", "ocr_keys"} == set(Settings.__struct_fields__)
    found = Settings.from_environment({PREFIX + name.upper(): value for name, value in given.items()})
    assert found.jwt_audience == ("a", "b")
    assert found.traces
    assert found.jwt_algorithms == ("RS256", "ES256")
    assert found.rates["free"] == {"sync_push": 1, "sync_pull": 2, "catalog": 3, "ocr": 4}
    assert found.rates["pro"]["ocr"] == 8
    assert found.trusted_proxies == ("10.0.0.0/8", "fd00::/8")
    assert found.metrics_networks == ()
    assert found.auth_address == "https://auth.example/auth/v1"
    assert (found.jwt_leeway, found.database_pool_size, found.database_pool_timeout) == (3.0, 4, 0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("database_pool_size", value) for value in ("0", "501", "ten", "1.5", "")),
        *(("jwt_leeway", value) for value in ("-1", "121", "secret", "inf", "nan")),
        *(("database_pool_timeout", value) for value in ("0", "-1", "secret")),
        *(("jwks_max_age", value) for value in ("0", "secret")),
        ("database_statement_cache", "-1"),
        *(("database_statement_timeout", value) for value in ("0", "61", "secret")),
        *(("concurrent_requests", value) for value in ("0", "10001", "secret")),
        *(("request_timeout", value) for value in ("0.5", "601", "secret")),
        *(("drain_seconds", value) for value in ("-1", "301", "secret")),
        *(("log_level", value) for value in ("secret", "", "verbose")),
        *(("jwt_audience", value) for value in ("", " ", "a,,b")),
        *(("jwt_issuer", value) for value in ("", " ")),
        *(("redis_url", value) for value in ("secret", "http://secret", "redis://", "redis://h:secret")),
        *(("redis_timeout", value) for value in ("0", "6", "secret")),
        *(("auth_url", value) for value in ("secret", "ftp://secret", "http://secret.example/auth/v1")),
        *(("session_max_age", value) for value in ("0", "56", "secret")),
        *(("rate_free", value) for value in ("", "secret", "sync_push=10", "sync_push=0,sync_pull=1,catalog=1,ocr=1")),
        ("rate_pro", "sync_push=1,sync_pull=1,catalog=1,ocr=1,secret=1"),
        ("rate_perfect", "sync_push=1,sync_push=1,catalog=1,ocr=1"),
        *(("rate_address", value) for value in ("0", "secret")),
        *(("rate_sign_in", value) for value in ("0", "secret")),
        *(("trusted_proxies", value) for value in ("secret", "10.0.0.1/8", "10.0.0.0/33")),
        *(("metrics_networks", value) for value in ("secret", ",")),
        *(
            ("metrics_listen", value)
            for value in (
                "secret",
                "9464",
                ":9464",
                "10.0.0.1",
                "10.0.0.1:0",
                "10.0.0.1:65536",
                "::1:9464",
                "1.2.3:9464",
            )
        ),
        ("jwks_url", "http://secret.example/jwks.json"),
        *(("jwt_algorithms", value) for value in ("", "none", "HS256", "RS256,HS256", "RS256,none", "rs256")),
        ("jwks_file", "/nowhere/secret"),
        ("ocr_keys_file", "/nowhere/secret"),
        ("ocr_credentials_file", "/nowhere/secret"),
        ("ocr_engine", "secret"),
        *(("ocr_url", value) for value in ("secret", "ftp://secret", "http://secret.example")),
        *(("ocr_workers", value) for value in ("0", "65", "secret")),
        *(("ocr_queue", value) for value in ("-1", "1001", "secret")),
        ("database_url", "postgresql://medtime_service:secret@pooler:6543/postgres"),
    ],
)
def test_a_wrong_value_is_named_and_not_told(name: str, value: str) -> None:
    given = {**GOOD, PREFIX + name.upper(): value}
    if name == "jwks_file":
        del given["MEDTIME_JWKS_URL"]
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment(given)
    text = str(raised.value)
    assert PREFIX + name.upper() in text
    assert "secret" not in text
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("missing", [["DATABASE_URL"], ["JWKS_URL"], ["DATABASE_URL", "JWKS_URL"]])
def test_a_missing_one_is_named(missing: list[str]) -> None:
    given = {name: value for name, value in GOOD.items() if name.removeprefix(PREFIX) not in missing}
    with pytest.raises(SettingsError, match=PREFIX + missing[0]):
        Settings.from_environment(given)


def test_two_sources_of_keys_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="exactly one"):
        Settings.from_environment({**GOOD, "MEDTIME_JWKS_FILE": str(tmp_path)})


def test_two_rings_of_keys_are_one_too_many(tmp_path: Path) -> None:
    ring = tmp_path / "ring.json"
    ring.touch()
    with pytest.raises(SettingsError, match="only one of MEDTIME_OCR_KEYS_FILE and MEDTIME_OCR_KEYS"):
        Settings.from_environment({**GOOD, "MEDTIME_OCR_KEYS_FILE": str(ring), "MEDTIME_OCR_KEYS": "{}"})


def test_an_engine_elsewhere_needs_its_credentials() -> None:
    with pytest.raises(SettingsError, match="MEDTIME_OCR_ENGINE=aws needs MEDTIME_OCR_CREDENTIALS_FILE"):
        Settings.from_environment({**GOOD, "MEDTIME_OCR_KEYS": "{}", "MEDTIME_OCR_ENGINE": "aws"})


def test_the_embedded_engine_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_rules, "EMBEDDED_OCR", {"rapidocr": "no_such_package"})
    with pytest.raises(SettingsError, match="needs the extra"):
        Settings.from_environment({**GOOD, "MEDTIME_OCR_KEYS": "{}"})


def test_a_ring_that_is_none_is_named_and_not_told() -> None:
    settings = Settings.from_environment({**GOOD, "MEDTIME_OCR_KEYS": "secret"})
    with pytest.raises(SettingsError, match="MEDTIME_OCR_KEYS cannot be used: it is no key ring") as raised:
        public_ring(settings)
    assert "secret" not in str(raised.value)


def test_a_pooler_is_fine_without_a_statement_cache() -> None:
    pooler = {"MEDTIME_DATABASE_URL": "postgresql://x@pooler:6543/postgres", "MEDTIME_DATABASE_STATEMENT_CACHE": "0"}
    assert Settings.from_environment({**GOOD, **pooler}).database_statement_cache == 0


def test_no_symmetric_algorithm_is_asymmetric() -> None:
    assert not {name for name in ASYMMETRIC if name.startswith("HS") or name == "none"}


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:54321/jwks", "http://localhost/jwks", "http://kong:8000/jwks", "http://auth.default.svc/jwks"],
)
def test_plain_http_is_taken_where_nobody_is_on_the_way(address: str) -> None:
    assert Settings.from_environment({**GOOD, "MEDTIME_JWKS_URL": address}).jwks_url == address


@pytest.mark.parametrize(
    ("jwks_url", "expected"),
    [
        ("https://x.supabase.co/auth/v1/.well-known/jwks.json", "https://x.supabase.co/auth/v1"),
        ("https://keys.example/jwks.json", ""),
    ],
)
def test_where_auth_is_follows_from_where_its_keys_are(jwks_url: str, expected: str) -> None:
    assert Settings.from_environment({**GOOD, "MEDTIME_JWKS_URL": jwks_url}).auth_address == expected
