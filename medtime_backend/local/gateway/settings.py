"""Settings of the gateway, and its refusal to run anywhere but in the embedded stack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.ports import LOOPBACK


@dataclass(frozen=True)
class GatewaySettings:
    """Auth's settings, and what REST and the functions need besides.

    `project` is the folder of config.toml and functions/, `function_environment` what every function sees.
    """

    auth: AuthSettings
    authenticator_url: str
    publishable_key: str
    project: Path
    logs: Path
    function_environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """The one address, without a path: SUPABASE_URL."""
        return f"http://{LOOPBACK}:{self.auth.port}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> GatewaySettings:
        """Read the settings the stack gives. Raises StackError outside the stack and in production."""
        return cls(
            auth=AuthSettings.from_environment(environment),
            authenticator_url=environment["MEDTIME_LOCAL_REST_DATABASE_URL"],
            publishable_key=environment["MEDTIME_LOCAL_REST_PUBLISHABLE_KEY"],
            project=Path(environment["MEDTIME_LOCAL_FUNCTIONS_PROJECT"]),
            logs=Path(environment["MEDTIME_LOCAL_FUNCTIONS_LOGS"]),
            function_environment=json.loads(environment["MEDTIME_LOCAL_FUNCTIONS_ENVIRONMENT"]),
        )
