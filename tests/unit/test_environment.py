"""Values from files, and names that nobody reads."""

from pathlib import Path

import pytest

from medtime_backend.environment import LARGEST_FILE, unknown
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import SettingsError

NAMES = Settings.__struct_fields__
ADDRESS = "postgresql://medtime_service:secret@db:5432/postgres"
KEYS = {"MEDTIME_JWKS_URL": "https://auth.medtime.app/.well-known/jwks.json"}


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_from_a_file(tmp_path: Path, ending: str) -> None:
    secret = tmp_path / "database url"
    secret.write_bytes((ADDRESS + ending).encode())
    found = Settings.from_environment({**KEYS, "MEDTIME_DATABASE_URL_FILE": str(secret)})
    assert found.database_url == ADDRESS


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * (LARGEST_FILE + 1)])
def test_a_file_that_holds_no_value(tmp_path: Path, content: bytes | None) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(SettingsError, match=r"^MEDTIME_DATABASE_URL_FILE names no readable file$"):
        Settings.from_environment({**KEYS, "MEDTIME_DATABASE_URL_FILE": str(secret)})


def test_a_wrong_value_in_a_file_is_named_and_not_told(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mysql://hunter2")
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({**KEYS, "MEDTIME_DATABASE_URL_FILE": str(secret)})
    assert "hunter2" not in str(refused.value)


def test_one_of_both() -> None:
    both = {**KEYS, "MEDTIME_DATABASE_URL": ADDRESS, "MEDTIME_DATABASE_URL_FILE": "/run/secrets/database_url"}
    with pytest.raises(SettingsError, match="set one of MEDTIME_DATABASE_URL and MEDTIME_DATABASE_URL_FILE"):
        Settings.from_environment(both)


def test_a_setting_that_is_a_file_itself(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.touch()
    found = Settings.from_environment({"MEDTIME_DATABASE_URL": ADDRESS, "MEDTIME_JWKS_FILE": str(keys)})
    assert found.jwks_file == str(keys)


def test_names_that_nobody_reads() -> None:
    given = {
        "MEDTIME_TRUSTED_PROXY": "10.0.0.0/8",
        "MEDTIME_REDIS_URL_FIL": "",
        "MEDTIME_SOMETHING_ELSE_ENTIRELY": "",
        "MEDTIME_LOG_LEVEL": "info",
        "MEDTIME_REDIS_URL_FILE": "",
        "MEDTIME_ENVIRONMENT": "production",
        "PATH": "",
    }
    assert unknown(given, NAMES) == [
        "MEDTIME_REDIS_URL_FIL (is MEDTIME_REDIS_URL_FILE meant?)",
        "MEDTIME_SOMETHING_ELSE_ENTIRELY",
        "MEDTIME_TRUSTED_PROXY (is MEDTIME_TRUSTED_PROXIES meant?)",
    ]


def test_what_kubernetes_adds_for_a_service_called_medtime() -> None:
    given = ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_8000_TCP", "PORT_8000_TCP_ADDR"]
    links = {f"MEDTIME_{name}": "" for name in given} | {"MEDTIME_CANARY_SERVICE_HOST": ""}
    assert unknown(links, NAMES) == []
