"""The service's settings, as it would read them itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from medtime_backend.doctor.deployment import Visit
from medtime_backend.doctor.findings import Finding

CHECK: Final = "settings of the service"
NO_SETTINGS: Final = "there are no settings of the service to go by"


async def check(visit: Visit) -> AsyncIterator[Finding]:
    """Whether there are any, and whether the service would start with them."""
    deployment = visit.deployment
    if deployment.settings is not None:
        yield Finding(CHECK, "ok", "it would start with them")
    elif deployment.settings_fault:
        mend = "docs/configuration.md lists them"
        yield Finding(CHECK, "failure", f"it would not start: {deployment.settings_fault}", mend)
    else:
        yield Finding(CHECK, "skipped", "MEDTIME_DATABASE_URL and the others are not set here")
