"""The keys of access tokens: one signs, those that signed before still verify."""

from __future__ import annotations

import json
from threading import Lock
from typing import Any

import jwt

from medtime_backend.local.auth_server.settings import AuthSettings
from medtime_backend.local.data_directory import write_private
from medtime_backend.local.tokens import SigningKey


class KeyRing:
    """The signing key's file and, beside it, the key set of the retired public keys. One process uses them."""

    def __init__(self, settings: AuthSettings) -> None:
        self._signing_path = settings.signing_key
        self._retired_path = settings.retired_keys
        self.current = SigningKey.load(self._signing_path)
        self._retired = self._read_retired()
        self._rotation = Lock()

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the public keys, that of new tokens first."""
        # Killed between the two writes of a rotation, the current key is in both files.
        retired = [key for key in self._retired if key["kid"] != self.current.key_id]
        return {"keys": [self.current.jwk(), *retired]}

    def find(self, key_id: str) -> jwt.PyJWK:
        """Return a public key. Raises KeyError."""
        return jwt.PyJWKSet.from_dict(self.jwks())[key_id]

    def rotate(self) -> str:
        """Sign with a new key from now on and return its id. Slow: makes an RSA key. May be called in any thread."""
        with self._rotation:
            # First: a key must not be lost whose tokens are about.
            self._retired = self.jwks()["keys"]
            write_private(self._retired_path, json.dumps({"keys": self._retired}))
            self.current = SigningKey.create(self._signing_path)
            return self.current.key_id

    def _read_retired(self) -> list[dict[str, Any]]:
        try:
            keys: list[dict[str, Any]] = json.loads(self._retired_path.read_bytes())["keys"]
        except FileNotFoundError:
            return []
        return keys
