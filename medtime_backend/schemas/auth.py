"""The wire of the token relay: the requests and answers of Supabase Auth's own token endpoint."""

from typing import Annotated, Any, Literal

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


class Security(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to a captcha, where the project asks for one."""

    captcha_token: str | None = None


class PasswordGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A password, and either an e-mail address or a phone number. `data` is read by nobody, as at Auth."""

    password: Text
    email: Text | None = None
    phone: Text | None = None
    data: dict[str, Any] | None = None
    gotrue_meta_security: Security | None = None

    def __post_init__(self) -> None:
        if (self.email is None) == (self.phone is None):
            raise ValueError("exactly one of email and phone")


class RefreshGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A refresh token, good once."""

    refresh_token: Text


class IdTokenGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An OpenID Connect ID token; `nonce` is the raw one, of which the token holds the SHA-256."""

    provider: Literal["google", "apple"]
    id_token: Text
    access_token: Text | None = None
    nonce: Text | None = None
    gotrue_meta_security: Security | None = None


class PkceGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code of a sign-in at a provider, and the secret that the sign-in was begun with (RFC 7636)."""

    auth_code: Text
    code_verifier: Text


Grant = PasswordGrant | RefreshGrant | IdTokenGrant | PkceGrant
GRANTS: dict[str, type[Grant]] = {
    "password": PasswordGrant,
    "refresh_token": RefreshGrant,
    "id_token": IdTokenGrant,
    "pkce": PkceGrant,
}
"""By `grant_type`."""


class TokenAnswer(msgspec.Struct, frozen=True):
    """What Auth answers, passed on as it came; it may have more members (provider_token, weak_password)."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    user: dict[str, Any]
    expires_at: int | None = None
