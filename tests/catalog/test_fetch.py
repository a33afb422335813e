"""A publisher's file is fetched whole or not at all, from a real server that misbehaves."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from medtime_backend.catalog.download import Download, file_name
from medtime_backend.catalog.errors import CatalogError
from tests.http.threaded import serving

CONTENT = bytes(range(256)) * 4000


@contextmanager
def publisher(**habits: Any) -> Iterator[tuple[str, list[str | None]]]:
    """A server and what ranges it was asked for.

    Its answers break off after `breaks` bytes or at the end (`endless`), have another `status`, lead to `elsewhere`, or
    are another part than was asked for (`astray`).
    """
    asked: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("Range"))
            start = int(asked[-1][6:-1]) if asked[-1] else 0
            first = len(asked) == 1
            self.send_response(habits.get("status", 416 if start == len(CONTENT) else 206 if start else 200))
            if "elsewhere" in habits:
                self.send_header("Location", habits["elsewhere"])
            if start:
                begun = start - habits.get("astray", 0)
                self.send_header("Content-Range", f"bytes {begun}-{len(CONTENT) - 1}/{len(CONTENT)}")
            self.send_header("Content-Length", str(len(CONTENT) - start + (first and habits.get("endless", 0))))
            self.send_header("ETag", '"one"')
            self.end_headers()
            self.wfile.write(CONTENT[start : start + habits.get("breaks", len(CONTENT))])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with serving(Handler) as address:
        yield f"{address}/files/report.xlsx?key=secret", asked


def fetch(url: str, target: Path, most: int = 10**8, seconds: float = 60) -> str:
    return Download(url, target, most, seconds=seconds, pause=0).run(lambda *_: None)


def test_a_file_that_breaks_off_is_resumed(tmp_path: Path) -> None:
    with publisher(breaks=300_000) as (url, asked):
        assert fetch(url, tmp_path / "f") == hashlib.sha256(CONTENT).hexdigest()
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert asked == [None, "bytes=300000-", "bytes=600000-", "bytes=900000-"]


def test_one_that_breaks_off_at_its_end_is_fetched_again(tmp_path: Path) -> None:
    with publisher(endless=1) as (url, asked):
        assert fetch(url, tmp_path / "f") == hashlib.sha256(CONTENT).hexdigest()
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert asked == [None, f"bytes={len(CONTENT)}-", None]


def test_another_part_than_was_asked_for_is_not_joined(tmp_path: Path) -> None:
    with publisher(breaks=600_000, astray=1) as (url, asked), pytest.raises(CatalogError, match="RemoteProtocolError"):
        fetch(url, tmp_path / "f")
    assert asked == [None, "bytes=600000-", None, "bytes=600000-", None]


@pytest.mark.parametrize("place", ["http://publisher.example/f.xlsx", "http://publisher.example/f?key=secret"])
def test_a_way_that_leads_over_plain_http_is_not_gone(tmp_path: Path, place: str) -> None:
    with publisher(status=302, elsewhere=place) as (url, asked), pytest.raises(CatalogError) as refused:
        fetch(url, tmp_path / "f")
    assert "publisher.example would be asked over plain http" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert len(asked) == 1


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with publisher() as (url, _), pytest.raises(CatalogError, match="is larger than 1,000 bytes"):
        fetch(url, tmp_path / "f", most=1000)


def test_a_publisher_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with publisher() as (url, _), pytest.raises(CatalogError, match="within 0 s"):
        fetch(url, tmp_path / "f", seconds=0)


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (503, 5)])
def test_a_refusal_is_told_and_tried_again_where_that_can_help(tmp_path: Path, status: int, tries: int) -> None:
    with publisher(status=status) as (url, asked), pytest.raises(CatalogError, match=f"it answers {status}"):
        fetch(url, tmp_path / "f")
    assert len(asked) == tries


def test_a_host_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with publisher() as (url, _):
        pass
    with pytest.raises(CatalogError, match=r"127\.0\.0\.1 does not give the file \(ConnectError\)"):
        fetch(url, tmp_path / "f")


@pytest.mark.parametrize("url", ["http://publisher.example/f.xlsx", "ftp://publisher.example/f", "https://"])
def test_an_address_anybody_could_answer_for_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(CatalogError):
        Download(url, tmp_path / "f", 1)


def test_where_it_came_from_is_told_without_keys(tmp_path: Path) -> None:
    download = Download("https://user:secret@publisher.example/a/f.zip?apiKey=secret#x", tmp_path / "f", 1)
    assert download.origin == "https://publisher.example/a/f.zip"


@pytest.mark.parametrize("url", ["https://host:port/f", "https://host:99999/f", "https://[::1/f"])
def test_an_address_that_cannot_be_read_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(CatalogError, match="cannot be read"):
        fetch(url, tmp_path / "f")
    with pytest.raises(CatalogError, match="cannot be read"):
        file_name(url)
