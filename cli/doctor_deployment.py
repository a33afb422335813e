"""What `medtime doctor` is told of a deployment: by options, by the environment, or by the stack that runs here."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.database import STACK_FILE
from medtime_backend.doctor.deployment import Credentials, Deployment
from medtime_backend.environment import IN_A_FILE
from medtime_backend.operator_error import OperatorError
from medtime_backend.settings import Settings
from medtime_backend.settings_rules import SettingsError

DATABASE = "MEDTIME_DATABASE_URL"
SUPABASE = "SUPABASE_URL"
KEYS = ("SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY")
STANDARD_INPUT = "-"
LONGEST_PASSWORD = 4096


def read_credentials(email: str | None, password_from: str | None) -> Credentials | None:
    """The user to sign in as. Raises OperatorError."""
    if email is None and password_from is None:
        return None
    if email is None or password_from is None:
        raise OperatorError("--user and --password-from belong together.")
    try:
        text = (
            sys.stdin.readline() if password_from == STANDARD_INPUT else Path(password_from).read_text(encoding="utf-8")
        )
    except (OSError, UnicodeDecodeError) as fault:
        raise OperatorError(f"The password cannot be read from {password_from} ({type(fault).__name__}).") from None
    password = text.splitlines()[0] if text else ""
    if not 0 < len(password) <= LONGEST_PASSWORD:
        raise OperatorError(f"The first line of {password_from} is no password.")
    return Credentials(email, password)


def deployment_of(
    url: str | None, db_url: str | None, credentials: Credentials | None, environment: Mapping[str, str] = os.environ
) -> Deployment:
    """What is known, without workers and --write.

    The stack of this directory is meant where nothing else is named: two deployments must not be mixed. Raises
    OperatorError where nothing is known.
    """
    supabase = environment.get(SUPABASE, "")
    serves = any(environment.get(variable) for variable in (DATABASE, DATABASE + IN_A_FILE))
    if not (url or db_url or supabase or serves):
        return _stack(credentials)
    settings, fault = None, ""
    if serves:
        try:
            settings = Settings.from_environment(environment)
        except SettingsError as error:
            fault = str(error)
    return Deployment(
        service_url=url or "",
        admin_url=db_url or "",
        settings=settings,
        settings_fault=fault,
        supabase_url=supabase,
        api_key=next((environment[key] for key in KEYS if environment.get(key)), ""),
        credentials=credentials,
    )


def _stack(credentials: Credentials | None) -> Deployment:
    try:
        stack: dict[str, Any] = json.loads(STACK_FILE.read_text(encoding="utf-8"))
        demo = stack["users"][0] if stack["users"] else None
        return Deployment(
            service_url=stack["base_url"],
            admin_url=stack["database_url"],
            supabase_url=stack["supabase_url"],
            settings=Settings(
                database_url=stack["service_database_url"],
                redis_url=stack["redis_url"],
                auth_url=stack["auth_url"],
                auth_api_key=stack["publishable_key"],
                jwks_url=f"{stack['auth_url']}/.well-known/jwks.json",
            ),
            credentials=credentials or (Credentials(demo["email"], demo["password"]) if demo else None),
        )
    except FileNotFoundError:
        raise OperatorError(
            f"Which deployment? Give --url or --db-url, or set {DATABASE} or {SUPABASE}; no stack of `medtime dev` "
            "runs in this directory."
        ) from None
    except (OSError, ValueError, LookupError, TypeError):
        raise OperatorError(f"{STACK_FILE} cannot be read: start `medtime dev` again.") from None
