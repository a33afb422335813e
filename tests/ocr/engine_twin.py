"""A twin of an OCR engine's REST API: answers in turn what a test lays down, the last again and again."""

import http.server
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.http.threaded import serving

Placed = Sequence[tuple[Sequence[tuple[float, float]], str]]
"""Lines by their four corners in pixels."""


@dataclass
class Said:
    """What to answer: a status and a body (JSON or bytes), after a while.

    It is held back until `once` is set, for at most 60 s.
    """

    status: int = 200
    body: Any = b""
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    once: threading.Event | None = None

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Heard:
    """A request that arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    connection: Any
    """Where from: the same for all requests of one connection."""


@dataclass
class EngineTwin:
    """Where it is, what it will say, what it was asked."""

    url: str = ""
    answers: list[Said] = field(default_factory=lambda: [Said(500)])
    heard: list[Heard] = field(default_factory=list)

    def says(self, *answers: Said) -> None:
        self.answers = list(answers)
        self.heard.clear()

    def next(self) -> Said:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def engine_twin() -> Iterator[EngineTwin]:
    """A running twin."""
    twin = EngineTwin()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            twin.heard.append(Heard(self.path, headers, json.loads(body), self.client_address))
            said = twin.next()
            time.sleep(said.delay)
            if said.once is not None:
                said.once.wait(60)
            try:
                self.send_response(said.status)
                for name, value in {"Content-Length": str(len(said.content)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said.content)
            except OSError:
                self.close_connection = True  # who asked has gone: that is what some tests are about

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Handler) as twin.url:
        yield twin


def google_words(*lines: str) -> dict[str, Any]:
    """The shape of an images:annotate answer for these lines, as the API's reference and its samples have it."""
    words = []
    for line in lines:
        parts = line.split(" ")
        for number, part in enumerate(parts):
            symbols: list[dict[str, Any]] = [{"text": letter, "confidence": 0.99} for letter in part]
            kind = "SPACE" if number < len(parts) - 1 else "EOL_SURE_SPACE"
            symbols[-1]["property"] = {"detectedBreak": {"type": kind}}
            words.append({"boundingBox": {"vertices": []}, "symbols": symbols, "confidence": 0.9 + number / 100})
    text = {"pages": [{"blocks": [{"blockType": "TEXT", "paragraphs": [{"words": words}]}]}], "text": "\n".join(lines)}
    return {"responses": [{"textAnnotations": [{"locale": "es"}], "fullTextAnnotation": text}]}


def textract_lines(*lines: str) -> dict[str, Any]:
    """The shape of a DetectDocumentText answer for these lines."""
    blocks: list[dict[str, Any]] = [{"BlockType": "PAGE", "Id": "p", "Geometry": {}}]
    for line in lines:
        blocks.append({"BlockType": "LINE", "Id": line, "Text": line, "Confidence": 99.25, "Geometry": {}})
        blocks += [
            {"BlockType": "WORD", "Text": word, "Confidence": 99.0, "TextType": "PRINTED"} for word in line.split()
        ]
    return {"Blocks": blocks, "DetectDocumentTextModelVersion": "1.0", "DocumentMetadata": {"Pages": 1}}


def google_page(placed: Placed) -> dict[str, Any]:
    """Such an answer with the place of each line's words; what is zero is left out, as Google does."""
    answer = google_words(*(text for _, text in placed))
    words = answer["responses"][0]["fullTextAnnotation"]["pages"][0]["blocks"][0]["paragraphs"][0]["words"]
    for (left_top, right_top, right_bottom, left_bottom), text in placed:
        parts = text.split(" ")
        for number in range(len(parts)):
            # All but the ends of a line are of no matter.
            first, last = number == 0, number == len(parts) - 1
            box = (left_top, right_top if last else left_top, right_bottom if last else left_bottom, left_bottom)
            vertices = [{name: at for name, at in zip("xy", point, strict=True) if at} for point in box]
            words[0]["boundingBox"] = {"vertices": vertices if first or last else []}
            words.append(words.pop(0))
    return answer


def textract_page(placed: Placed, size: tuple[int, int]) -> dict[str, Any]:
    """Such an answer with the place of each line, as shares of the page."""
    answer = textract_lines(*(text for _, text in placed))
    lines = [block for block in answer["Blocks"] if block["BlockType"] == "LINE"]
    for block, (box, _) in zip(lines, placed, strict=True):
        block["Geometry"] = {"Polygon": [{"X": x / size[0], "Y": y / size[1]} for x, y in box]}
    return answer


def service_account(private_key: str) -> bytes:
    """A key file as Google's console makes it."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "medtime-test",
            "private_key_id": "0123456789abcdef",
            "private_key": private_key,
            "client_email": "ocr@medtime-test.iam.gserviceaccount.com",
            "client_id": "1",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    ).encode()


AWS_KEYS = json.dumps(
    {
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "region": "us-east-1",
    }
).encode()
