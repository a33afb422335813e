"""Apple and Google as push-notify meets them: what they check of every request, and how they answer which address."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import jwt

from tests.wakeups.credentials import Credentials
from tests.wakeups.provider import Asked, Provider, Told

APNS_BODY = b'{"aps":{"content-available":1},"sync":true}'
FCM_BODY = (
    '{"message":{"token":"%s","data":{"sync":"true"},'
    '"android":{"collapse_key":"sync","priority":"NORMAL","ttl":"86400s"}}}'
)
# What Deno's fetch adds of its own.
TRANSPORT = {"accept", "accept-encoding", "accept-language", "user-agent", "content-length"}
PSEUDO = {":method", ":scheme", ":authority", ":path"}


@dataclass
class Providers:
    """Both. `manners` says how an address is answered; every other is taken. `woken` counts what was taken."""

    credentials: Credentials
    manners: dict[str, Told] = field(default_factory=dict)
    woken: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    provider_tokens: set[str] = field(default_factory=set)
    access_tokens: int = 0
    apns_address: str = ""
    fcm_address: str = ""

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings of push-notify."""
        return self.credentials.environment(self.apns_address, self.fcm_address)

    def apple(self, request: Asked) -> Told:
        """Answer a request to APNs."""
        self.asked.append(request)
        headers = {name: value for name, value in request.headers.items() if name not in TRANSPORT | PSEUDO}
        sandbox, _, token = request.path.partition("/3/device/")
        self._check_provider_token(headers.pop("authorization"))
        expiration = int(headers.pop("apns-expiration"))
        issued = jwt.decode(next(iter(self.provider_tokens)), options={"verify_signature": False})["iat"]
        self._must(0 < expiration - issued - 86_400 < 3600, f"expiration {expiration - issued}")
        self._must(request.headers[":method"] == "POST", "method")
        self._must(request.body == APNS_BODY, f"body {request.body!r}")
        self._must(
            headers
            == {
                "apns-topic": "app.medtime.test",
                "apns-push-type": "background",
                "apns-priority": "5",
                "apns-collapse-id": "sync",
                "content-type": "application/json",
            },
            f"headers {headers}",
        )
        return self._answer(f"{sandbox}{token}")

    def google(self, request: Asked) -> Told:
        """Answer a request to Google: for an access token, or to FCM."""
        self.asked.append(request)
        headers = {name: value for name, value in request.headers.items() if name not in TRANSPORT | PSEUDO}
        self._must(request.headers[":method"] == "POST", "method")
        if request.path == "/token":
            return self._grant(request, headers)
        body = json.loads(request.body)
        token = body["message"]["token"]
        self._must(request.path == "/v1/projects/medtime-test/messages:send", f"path {request.path}")
        self._must(request.body == (FCM_BODY % token).encode(), f"body {request.body!r}")
        expected = {"authorization": "Bearer access-1", "content-type": "application/json"}
        self._must(headers == expected, f"headers {headers}")
        return self._answer(token)

    def _grant(self, request: Asked, headers: Mapping[str, str]) -> Told:
        form = parse_qs(request.body.decode(), strict_parsing=True)
        self._must(set(form) == {"grant_type", "assertion"}, f"form {set(form)}")
        self._must(headers == {"content-type": "application/x-www-form-urlencoded"}, f"headers {headers}")
        claims = jwt.decode(
            form["assertion"][0],
            self.credentials.fcm.public_key(),
            algorithms=["RS256"],
            audience=f"{self.fcm_address}/token",
            issuer="push@medtime-test.test",
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
        self._must(claims["exp"] - claims["iat"] == 3600, "exp")
        self._must(claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging", "scope")
        self.access_tokens += 1
        return Told(200, {"access_token": "access-1", "expires_in": 3599, "token_type": "Bearer"})

    def _check_provider_token(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        if token in self.provider_tokens:
            return
        claims = jwt.decode(token, self.credentials.apns.public_key(), algorithms=["ES256"])
        self._must(scheme == "bearer" and set(claims) == {"iss", "iat"}, f"claims {claims}")
        self._must(claims["iss"] == "TEAM123456", "iss")
        self._must(jwt.get_unverified_header(token) == {"alg": "ES256", "kid": "KEY1234567"}, "header")
        self.provider_tokens.add(token)

    def _answer(self, address: str) -> Told:
        told = self.manners.get(address, Told())
        if told.status == 200 and not told.broken and not told.after:
            self.woken.append(address)
        return told

    def _must(self, holds: object, what: str) -> None:
        if not holds:
            self.faults.append(what)


@asynccontextmanager
async def providers(credentials: Credentials) -> AsyncIterator[Providers]:
    """Both, listening."""
    both = Providers(credentials)
    async with (
        Provider(both.apple, credentials.certificate, credentials.key) as apple,
        Provider(both.google, credentials.certificate, credentials.key) as google,
    ):
        both.apns_address, both.fcm_address = apple.address, google.address
        yield both
