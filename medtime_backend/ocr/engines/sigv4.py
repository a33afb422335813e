"""AWS Signature Version 4 of a POST to a service's root, as the AWS General Reference describes it."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec

ALGORITHM: Final = "AWS4-HMAC-SHA256"


class AwsCredentials(msgspec.Struct, frozen=True):
    """Who signs, and for which region; with a `session_token` the keys are temporary ones."""

    access_key_id: str
    secret_access_key: str
    region: str
    session_token: str = ""


def signed(  # noqa: PLR0913, PLR0917 - what a signature is of
    credentials: AwsCredentials,
    service: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
    method: str = "POST",
) -> dict[str, str]:
    """The headers with Host, X-Amz-Date and Authorization; all of them are signed."""
    parts = urlsplit(url)
    moment = now.astimezone(UTC)
    stamp, day = moment.strftime("%Y%m%dT%H%M%SZ"), moment.strftime("%Y%m%d")
    all_headers = {"Host": parts.netloc, "X-Amz-Date": stamp, **headers}
    if credentials.session_token:
        all_headers["X-Amz-Security-Token"] = credentials.session_token
    canonical = sorted((name.lower(), " ".join(value.split())) for name, value in all_headers.items())
    names = ";".join(name for name, _ in canonical)
    request = "\n".join(
        (
            *(method, parts.path or "/", parts.query),
            *(f"{name}:{value}" for name, value in canonical),
            *("", names, hashlib.sha256(body).hexdigest()),
        )
    )
    scope = f"{day}/{credentials.region}/{service}/aws4_request"
    to_sign = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in (day, credentials.region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    all_headers["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return all_headers
