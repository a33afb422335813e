"""What the environment says: values, files that hold them, and names that nobody reads."""

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path

from medtime_backend.settings_rules import PREFIX, SettingsError

IN_A_FILE = "_FILE"
"""Behind a setting's variable: the value is what the file holds, as Docker and Kubernetes hand out secrets."""
LARGEST_FILE = 64 * 1024
# Read by other commands than `medtime serve` (docs/configuration.md, "Elsewhere").
ELSEWHERE = frozenset(
    {
        *("ENVIRONMENT", "ADMIN_DATABASE_URL", "SHARED_DATA", "SOAK_RUNS"),
        *("CATALOG_RXNORM_URL", "CATALOG_COFEPRIS_URL", "CATALOG_EMA_URL"),
    }
)
# What Kubernetes and Docker add for a service that is called medtime or medtime-…
LINK = re.compile(r"(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT|PORT_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)")


def given(environment: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The settings of these names that the environment gives, itself or in a file. Raises SettingsError.

    The name of a file that is empty names none. A file itself is to hold something: to say that a setting is empty, its
    variable is set so.
    """
    found = {}
    for name in names:
        variable = PREFIX + name.upper()
        path = environment.get(variable + IN_A_FILE)
        if path and name + IN_A_FILE.lower() not in names:
            if environment.get(variable) is not None:
                raise SettingsError(f"set one of {variable} and {variable}{IN_A_FILE}")
            found[name] = _content(variable, path)
        elif variable in environment:
            found[name] = environment[variable]
    return found


def unknown(environment: Mapping[str, str], names: Collection[str]) -> list[str]:
    """Variables that look like settings and are none, each with the one that may be meant."""
    settings = {PREFIX + name.upper() for name in names}
    settings |= {variable + IN_A_FILE for variable in settings}
    strange = sorted(
        variable
        for variable in environment.keys() - settings
        if variable.startswith(PREFIX)
        and (name := variable.removeprefix(PREFIX)).removesuffix(IN_A_FILE) not in ELSEWHERE
        and not LINK.fullmatch(name)
    )
    return [_hint(variable, settings) for variable in strange]


def _hint(variable: str, settings: Collection[str]) -> str:
    near = get_close_matches(variable, settings, n=1, cutoff=0.8)
    return f"{variable} (is {near[0]} meant?)" if near else variable


def _content(variable: str, path: str) -> str:
    named = variable + IN_A_FILE
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise SettingsError(f"{named} names no file") from None
    except (OSError, ValueError):
        raise SettingsError(f"{named} names no readable file") from None
    if len(content) > LARGEST_FILE:
        raise SettingsError(f"{named} names a file of more than {LARGEST_FILE // 1024} KiB, which is no value")
    try:
        text = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise SettingsError(f"{named} names a file that is no text in UTF-8") from None
    if not text.strip():
        raise SettingsError(f"{named} names a file that is empty")
    return text
