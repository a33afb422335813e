"""The engines elsewhere, against twins that answer in their recorded shapes; and what ours makes of its boxes."""

import base64
import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import jwt
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image

from medtime_backend.ocr.engines import remote, retries
from medtime_backend.ocr.engines.choice import open_engine
from medtime_backend.ocr.engines.engine import Engine, EngineUnavailableError, ImageRefusedError, Line
from medtime_backend.ocr.engines.google import AUDIENCE, GoogleEngine
from medtime_backend.ocr.engines.retries import PassingError
from medtime_backend.ocr.engines.sigv4 import AwsCredentials, signed
from medtime_backend.ocr.engines.textract import TextractEngine
from tests.ocr.engine_twin import (
    AWS_KEYS,
    EngineTwin,
    Said,
    engine_twin,
    google_page,
    google_words,
    service_account,
    textract_lines,
    textract_page,
)
from tests.ocr.layouts import LEFT, RIGHT, column, corners, written
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
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.001)
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


def test_a_word_that_google_parts_is_in_two_lines(twin: EngineTwin) -> None:
    answer = google_words("Metfor- mina 850 mg")
    words = answer["responses"][0]["fullTextAnnotation"]["pages"][0]["blocks"][0]["paragraphs"][0]["words"]
    first, second = words[0], words.pop(1)
    first["symbols"][-1]["property"]["detectedBreak"]["type"] = "EOL_SURE_SPACE"
    second["symbols"][-1]["property"]["detectedBreak"]["type"] = "EOL_SURE_SPACE"
    first["symbols"] += second["symbols"]
    twin.says(Said(body=answer))
    assert [line.text for line in read(google(twin))] == ["Metfor-", "mina", "850 mg"]


@pytest.mark.parametrize("name", ["google", "textract"])
def test_tries_use_one_connection(twin: EngineTwin, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A handshake for each would cost as much as a try."""
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.001)
    twin.says(*PASSING[name], Said(body=GOOD[name]))
    read(OPEN[name](twin))
    assert len({heard.connection for heard in twin.heard}) == 1


@pytest.mark.parametrize("name", ["google", "textract"])
def test_an_engine_may_say_when_to_come_back(twin: EngineTwin, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    waited: list[float] = []
    monkeypatch.setattr(retries, "time", SimpleNamespace(monotonic=time.monotonic, sleep=waited.append))
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=4), usegmt=True)
    asked = [Said(503, headers={"Retry-After": said}) for said in ("3", date, "-1", "soon", "²", "")]
    twin.says(*asked, Said(body=GOOD[name]))
    assert [line.text for line in read(OPEN[name](twin), seconds=60)] == list(LINES)
    # Never before it said, and not all at once then.
    assert 3 <= waited[0] <= 6
    assert 2 < waited[1] <= 8
    assert all(0 < seconds < 16 for seconds in waited[2:])
    assert len(set(waited)) == len(waited)


@pytest.mark.parametrize("name", ["google", "textract"])
@pytest.mark.parametrize("said", ["31", "86400", "9" * 40, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_who_says_to_come_back_too_late_is_not_waited_for(
    twin: EngineTwin, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(retries, "time", SimpleNamespace(monotonic=time.monotonic, sleep=waited.append))
    twin.says(Said(429, headers={"Retry-After": said}))
    with pytest.raises(EngineUnavailableError):
        read(OPEN[name](twin), seconds=25)
    assert (waited, len(twin.heard)) == ([], 1)


def test_no_wait_goes_beyond_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(retries, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))

    def attempt() -> None:
        raise PassingError

    for _ in range(50):
        now[0] = 100.0
        with pytest.raises(EngineUnavailableError):
            retries.retried(attempt, 105.0)
        assert now[0] < 105.0


@pytest.mark.parametrize("name", ["google", "textract"])
@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_lines_come_in_reading_order(twin: EngineTwin, name: str, slope: float) -> None:
    """Two columns, which Textract gives row by row; boxes of a row, which Google gives as blocks; both slope."""
    texts = [(100.0, 0.0, "Rp/"), (300.0, 2.0, "Folio 12"), *column(0, 60, LEFT), *column(420, 60, RIGHT)]
    placed = sorted(written(texts, slope), key=lambda line: line[0][0][1])
    twin.says(Said(body=google_page(placed) if name == "google" else textract_page(placed, page().size)))
    found = [line.text for line in read(OPEN[name](twin))]
    assert found == ["Rp/ Folio 12", *LEFT, *RIGHT]


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

    @pytest.mark.parametrize(
        ("shape", "side", "turns"), [((90, 20), "0", 0), ((90, 20), "180", 2), ((20, 90), "0", 1), ((20, 90), "180", 3)]
    )
    def test_quarter_turns(self, shape: tuple[int, int], side: str, turns: int) -> None:
        from medtime_backend.ocr.engines.rapid import quarter_turns  # noqa: PLC0415 - it loads OpenCV

        boxes = np.array([corners(0, 30 * number, *shape) for number in range(3)], np.float32)
        assert quarter_turns(boxes, [side, side, "0"]) == turns
