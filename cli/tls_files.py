"""The certificate and key that the service is given: told what is wrong before it starts, not by each client."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from medtime_backend.operator_error import OperatorError

PKCS8 = b"-----BEGIN PRIVATE KEY-----"
TO_PKCS8 = "openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW"


def check_tls_files(certificate: Path | None, key: Path | None) -> None:
    """Raise OperatorError unless both are given and belong together, or neither is."""
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        raise OperatorError("Cannot serve: --certificate and --key belong together.")
    chain, private = _read(certificate, "certificate"), _read(key, "key")
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except (ValueError, IndexError):
        raise OperatorError(f"Cannot serve: {certificate} holds no certificate in PEM.") from None
    # The server reads no other form, and says so by a panic.
    if PKCS8 not in private:
        raise OperatorError(f"Cannot serve: {key} is no PKCS#8 key in PEM without a password ({TO_PKCS8}).")
    try:
        public = load_pem_private_key(private, password=None).public_key()
    except (ValueError, TypeError):
        raise OperatorError(f"Cannot serve: {key} cannot be read as a private key.") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != leaf.public_key().public_bytes(*form):
        raise OperatorError(f"Cannot serve: {key} is not the key of the first certificate in {certificate}.")
    if not leaf.not_valid_before_utc <= datetime.now(UTC) <= leaf.not_valid_after_utc:
        raise OperatorError(f"Cannot serve: the certificate in {certificate} is not valid now.")


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise OperatorError(f"Cannot serve: the {what} {path} cannot be read ({fault.strerror}).") from None
