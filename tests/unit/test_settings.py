"""Settings from the environment: what is missing or wrong is named, its value never told."""

from pathlib import Path

import pytest

from medtime_backend.settings import ASYMMETRIC, PREFIX, Settings, SettingsError

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


def test_every_field_has_its_variable(tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    keys.touch()
    given = {
        "database_url": "postgresql://x",
        "redis_url": "redis://y",
        "jwks_file": str(keys),
        "jwt_issuer": "https://i",
        "jwt_audience": "a, b",
        "jwt_algorithms": "RS256,ES256",
        "jwt_leeway": "3",
        "jwks_max_age": "60",
        "database_pool_size": "4",
        "database_pool_timeout": "0.5",
        "database_statement_cache": "0",
        "log_level": "warning",
    }
    assert {*given, "jwks_url"} == set(Settings.__struct_fields__)
    found = Settings.from_environment({PREFIX + name.upper(): value for name, value in given.items()})
    assert found.jwt_audience == ("a", "b")
    assert found.jwt_algorithms == ("RS256", "ES256")
    assert (found.jwt_leeway, found.database_pool_size, found.database_pool_timeout) == (3.0, 4, 0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("database_pool_size", value) for value in ("0", "501", "ten", "1.5", "")),
        *(("jwt_leeway", value) for value in ("-1", "121", "secret", "inf", "nan")),
        *(("database_pool_timeout", value) for value in ("0", "-1", "secret")),
        *(("jwks_max_age", value) for value in ("0", "secret")),
        ("database_statement_cache", "-1"),
        *(("log_level", value) for value in ("secret", "", "verbose")),
        *(("jwt_audience", value) for value in ("", " ", "a,,b")),
        ("jwt_issuer", ""),
        *(("jwt_algorithms", value) for value in ("", "none", "HS256", "RS256,HS256", "RS256,none", "rs256")),
        ("jwks_file", "/nowhere/secret"),
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


def test_a_pooler_is_fine_without_a_statement_cache() -> None:
    pooler = {"MEDTIME_DATABASE_URL": "postgresql://x@pooler:6543/postgres", "MEDTIME_DATABASE_STATEMENT_CACHE": "0"}
    assert Settings.from_environment({**GOOD, **pooler}).database_statement_cache == 0


def test_no_symmetric_algorithm_is_asymmetric() -> None:
    assert not {name for name in ASYMMETRIC if name.startswith("HS") or name == "none"}
