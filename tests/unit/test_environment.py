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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "names no file"),
        (b"", "names a file that is empty"),
        (b"\r\n", "names a file that is empty"),
        (b"\xff\xfe", "names a file that is no text in UTF-8"),
        (b"x" * (LARGEST_FILE + 1), "names a file of more than 64 KiB, which is no value"),
    ],
)
def test_a_file_that_holds_no_value(tmp_path: Path, content: bytes | None, said: str) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(SettingsError, match=f"^MEDTIME_DATABASE_URL_FILE {said}$"):
        Settings.from_environment({**KEYS, "MEDTIME_DATABASE_URL_FILE": str(secret)})


@pytest.mark.parametrize("path", [".", "no\0name"])
def test_what_cannot_be_read(path: str) -> None:
    with pytest.raises(SettingsError, match=r"^MEDTIME_DATABASE_URL_FILE names no readable file$"):
        Settings.from_environment({**KEYS, "MEDTIME_DATABASE_URL_FILE": path})


SECRETS = {
    "database_url": ADDRESS,
    "database_read_url": ADDRESS,
    "redis_url": "rediss://:secret@redis:6379",
    "auth_api_key": "secret",
    "functions_key": "secret",
}


def test_every_secret_from_a_file(tmp_path: Path) -> None:
    """Rings and credentials of /ocr apart: those are files that are read anew each time."""
    given = {**KEYS, "MEDTIME_FUNCTIONS_URL": "https://functions.test"}
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(value + "\n")
        given[f"MEDTIME_{name.upper()}_FILE"] = str(tmp_path / name)
    found = Settings.from_environment(given)
    assert {name: getattr(found, name) for name in SECRETS} == SECRETS
    # The mechanism is one: nothing but what is a file by its nature has a field for it.
    assert {name for name in NAMES if name.endswith("_file")} == {"jwks_file", "ocr_keys_file", "ocr_credentials_file"}


def test_an_empty_name_names_no_file() -> None:
    """As `${SECRET_FILE:-}` of a compose file leaves it."""
    found = Settings.from_environment({**KEYS, "MEDTIME_DATABASE_URL": ADDRESS, "MEDTIME_DATABASE_URL_FILE": ""})
    assert found.database_url == ADDRESS


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
        "MEDTIME_ADMIN_DATABASE_URL_FILE": "/run/secrets/admin",
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
