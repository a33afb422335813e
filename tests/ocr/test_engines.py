"""The engines elsewhere, against twins that answer in their recorded shapes; and what ours makes of its boxes."""

import base64
import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import jwt
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image

from medtime_backend.ocr.engines import remote
from medtime_backend.ocr.engines.choice import open_engine
from medtime_backend.ocr.engines.engine import Engine, EngineUnavailableError, ImageRefusedError, Line
from medtime_backend.ocr.engines.google import AUDIENCE, GoogleEngine
from medtime_backend.ocr.engines.sigv4 import AwsCredentials, signed
from medtime_backend.ocr.engines.textract import TextractEngine
from tests.ocr.engine_twin import (
    AWS_KEYS,
    EngineTwin,
    Said,
    engine_twin,
    google_words,
    service_account,
    textract_lines,
)
from tests.ocr.pictures import page

LINES = ("Metformina 850 mg", "1 c/12 h por 30 días")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
ACCOUNT = service_account(PEM)


@pytest.fixture
def twin() -> Iterator[EngineTwin]:
    with engine_twin() as running:
        yield running


def google(twin: EngineTwin) -> Engine:
    return GoogleEngine.open(ACCOUNT, twin.url)


def textract(twin: EngineTwin) -> Engine:
    return TextractEngine.open(AWS_KEYS, twin.url)


def read(engine: Engine, seconds: float = 5.0) -> list[Line]:
    return engine.read(page(), time.monotonic() + seconds)


def test_google_is_asked_as_its_reference_says(twin: EngineTwin) -> None:
    twin.says(Said(body=google_words(*LINES)))
    found = read(google(twin))
    assert [line.text for line in found] == list(LINES)
    assert [round(line.confidence, 2) for line in found] == [0.9, 0.9]
    (heard,) = twin.heard
    assert heard.path == "/v1/images:annotate"
    (asked,) = heard.body["requests"]
    assert asked["features"] == [{"type": "DOCUMENT_TEXT_DETECTION"}]
    assert asked["imageContext"] == {"languageHints": ["es", "en"]}
    sent = Image.open(io.BytesIO(base64.b64decode(asked["image"]["content"])))
    assert (sent.format, sent.size, sent.getexif()) == ("JPEG", page().size, {})
    token = heard.headers["authorization"].removeprefix("Bearer ")
    assert jwt.get_unverified_header(token)["kid"] == "0123456789abcdef"
    claims = jwt.decode(token, KEY.public_key(), ["RS256"], audience=AUDIENCE)
    assert claims["iss"] == claims["sub"] == "ocr@medtime-test.iam.gserviceaccount.com"
    assert claims["exp"] - claims["iat"] <= 3600


def test_textract_is_asked_as_its_reference_says(twin: EngineTwin) -> None:
    twin.says(Said(body=textract_lines(*LINES)))
    assert read(textract(twin)) == [Line(text, 0.9925) for text in LINES]
    (heard,) = twin.heard
    assert heard.headers["x-amz-target"] == "Textract.DetectDocumentText"
    assert heard.headers["content-type"] == "application/x-amz-json-1.1"
    assert heard.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert base64.b64decode(heard.body["Document"]["Bytes"]).startswith(b"\xff\xd8\xff")


def test_sigv4_is_that_of_the_published_test_suite() -> None:
    """`get-vanilla` of AWS's own test suite for Signature Version 4."""
    keys = AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1")
    moment = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    headers = signed(keys, "service", "https://example.amazonaws.com/", b"", {}, moment, method="GET")
    assert headers["Authorization"].endswith(
        "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    )


def test_temporary_keys_send_their_token() -> None:
    keys = AwsCredentials("a", "b", "eu-west-1", session_token="c")
    headers = signed(keys, "textract", "https://textract.eu-west-1.amazonaws.com/", b"{}", {}, datetime.now(UTC))
    assert headers["X-Amz-Security-Token"] == "c"
    assert "x-amz-security-token" in headers["Authorization"]


PASSING = {
    "google": [
        *(Said(body={"responses": [{"error": {"code": code, "message": "later"}}]}) for code in (4, 8, 13, 14)),
        Said(429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}),
        Said(503, {"error": {"code": 503, "status": "UNAVAILABLE"}}),
    ],
    "textract": [
        Said(400, {"__type": "ThrottlingException", "message": "Rate exceeded"}),
        Said(400, {"__type": "com.amazonaws.textract#ProvisionedThroughputExceededException"}),
        Said(500, {"__type": "InternalServerError"}),
    ],
}
OPEN = {"google": google, "textract": textract}
GOOD = {"google": google_words(*LINES), "textract": textract_lines(*LINES)}


@pytest.mark.parametrize("name", ["google", "textract"])
def test_o8_o9_what_passes_is_tried_again(twin: EngineTwin, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(remote, "FIRST_DELAY", 0.001)
    twin.says(*PASSING[name], Said(body=GOOD[name]))
    assert [line.text for line in read(OPEN[name](twin))] == list(LINES)
    assert len(twin.heard) == len(PASSING[name]) + 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("google", Said(body={"responses": [{"error": {"code": 3, "message": "Bad image data."}}]})),
        ("textract", Said(400, {"__type": "BadDocumentException"})),
        ("textract", Said(400, {"__type": "com.amazonaws.textract#UnsupportedDocumentException"})),
        ("textract", Said(400, {"__type": "DocumentTooLargeException"})),
    ],
)
def test_o8_o9_a_bad_image_is_final(twin: EngineTwin, name: str, said: Said) -> None:
    twin.says(said)
    with pytest.raises(ImageRefusedError):
        read(OPEN[name](twin))
    assert len(twin.heard) == 1


@pytest.mark.parametrize("name", ["google", "textract"])
@pytest.mark.parametrize(
    "said",
    [
        Said(401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}, "__type": "UnrecognizedClientException"}),
        Said(200, b"<html>captive portal</html>"),
        Said(200, {"unexpected": True}),
        Said(200, b"\xff\xfe\x00"),
        Said(200, []),
        Said(302, b""),
    ],
)
def test_nonsense_is_told_at_once(twin: EngineTwin, name: str, said: Said) -> None:
    twin.says(said)
    with pytest.raises(EngineUnavailableError):
        read(OPEN[name](twin))
    assert len(twin.heard) == 1


@pytest.mark.parametrize("name", ["google", "textract"])
def test_a_blank_page_has_no_lines(twin: EngineTwin, name: str) -> None:
    twin.says(Said(body={"responses": [{}]} if name == "google" else {"Blocks": [{"BlockType": "PAGE"}]}))
    assert read(OPEN[name](twin)) == []


@pytest.mark.parametrize("name", ["google", "textract"])
def test_who_is_away_or_slow_costs_no_more_than_the_time(twin: EngineTwin, name: str) -> None:
    engine = OPEN[name](twin)
    twin.says(Said(delay=3))
    begun = time.monotonic()
    with pytest.raises(EngineUnavailableError):
        read(engine, seconds=0.6)
    assert time.monotonic() - begun < 3
    away = EngineTwin(url="http://127.0.0.1:1")
    with pytest.raises(EngineUnavailableError):
        read(OPEN[name](away), seconds=0.4)


def test_o16_what_is_sent_is_a_bounded_jpeg() -> None:
    noisy = Image.effect_noise((2600, 2600), 120).convert("RGB")
    assert len(remote.jpeg_of(noisy)) <= remote.LARGEST_JPEG
    assert remote.LARGEST_JPEG * 4 // 3 < 10 * 1024 * 1024


@pytest.mark.parametrize("credentials", [b"", b"{}", b"secret", json.dumps({"client_email": 1}).encode()])
def test_credentials_that_are_none_are_not_quoted(credentials: bytes) -> None:
    for name in ("google", "aws"):
        with pytest.raises(ValueError, match=r"no key") as caught:
            open_engine(name, credentials, "")  # type: ignore[arg-type] # the names are right
        assert "secret" not in str(caught.value)
    with pytest.raises(ValueError, match=r"no key"):
        open_engine("google", service_account("no key"), "")


class TestRapid:
    """What is made of RapidOCR's boxes."""

    @staticmethod
    def box(x: float, y: float, width: float, height: float) -> list[list[float]]:
        return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]

    def test_boxes_of_a_row_are_one_line(self) -> None:
        from medtime_backend.ocr.engines.rapid import in_order  # noqa: PLC0415 - it loads OpenCV

        boxes = {
            "Refills: 2": (300, 102, 90, 20),
            "Disp: #60": (10, 100, 90, 22),
            "Rx": (10, 10, 40, 20),
            "end": (10, 130, 50, 20),
        }
        lines = [(np.array(self.box(*place)), Line(text, 0.9)) for text, place in boxes.items()]
        assert [line.text for line in in_order(lines)] == ["Rx", "Disp: #60 Refills: 2", "end"]
        assert in_order([]) == []

    @pytest.mark.parametrize(
        ("shape", "side", "turns"), [((90, 20), "0", 0), ((90, 20), "180", 2), ((20, 90), "0", 1), ((20, 90), "180", 3)]
    )
    def test_quarter_turns(self, shape: tuple[int, int], side: str, turns: int) -> None:
        from medtime_backend.ocr.engines.rapid import quarter_turns  # noqa: PLC0415 - it loads OpenCV

        boxes = np.array([self.box(0, 30 * number, *shape) for number in range(3)], np.float32)
        assert quarter_turns(boxes, [side, side, "0"]) == turns
