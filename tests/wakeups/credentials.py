"""Keys of a developer account at Apple and a service account at Google, and a certificate for their stand-ins."""

import ipaddress
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    """The private key as Apple and Google hand theirs out."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True)
class Credentials:
    """What push-notify is set up with, and the files of the stand-ins' TLS."""

    apns: ec.EllipticCurvePrivateKey
    fcm: rsa.RSAPrivateKey
    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> "Credentials":
        """New ones; the certificate of 127.0.0.1 is its own authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        made = cls(
            apns=ec.generate_private_key(ec.SECP256R1()),
            fcm=rsa.generate_private_key(65537, 2048),
            certificate=folder / "certificate.pem",
            key=folder / "key.pem",
        )
        made.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        made.key.write_text(pem(key))
        return made

    def environment(self, apns: str, fcm: str) -> dict[str, str]:
        """The settings of push-notify, with the providers at these addresses."""
        account = {
            "project_id": "medtime-test",
            "client_email": "push@medtime-test.test",
            "private_key": pem(self.fcm),
            "token_uri": f"{fcm}/token",
        }
        return {
            "APNS_KEY_ID": "KEY1234567",
            "APNS_TEAM_ID": "TEAM123456",
            "APNS_PRIVATE_KEY": pem(self.apns).replace("\n", "\\n"),
            "APNS_TOPIC": "app.medtime.test",
            "APNS_PRODUCTION_URL": apns,
            "APNS_SANDBOX_URL": f"{apns}/sandbox",
            "FCM_SERVICE_ACCOUNT": json.dumps(account),
            "FCM_URL": fcm,
            "PUSH_NOTIFY_KEY": "the-trigger-and-nothing-else",
        }
