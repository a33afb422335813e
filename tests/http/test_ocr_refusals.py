"""Bad input: the right problem, noted as failed with its code, and workers and memory as before."""

import asyncio
import os
import resource
from collections.abc import Callable
from uuid import uuid4

import asyncpg
import httpx
import pytest
from PIL import Image

from medtime_backend.local.options import StackInfo
from medtime_backend.ocr.sealing import REQUEST_HEADER
from tests.accounts import Account
from tests.http.problems import problem_of
from tests.ocr.one_worker import children_of
from tests.ocr.pictures import animated_webp, bomb, encoded, noise, page
from tests.ocr.processes import named, told
from tests.ocr.sealed import OCTETS, seal_for, send

pytestmark = pytest.mark.xdist_group("ocr")

MIB = 1024 * 1024


def _tiff() -> bytes:
    return encoded(page(), "TIFF", save_all=True, append_images=[page("another")])


def memory_of(pids: list[int]) -> int:
    """Bytes of these processes that are in memory."""
    return sum(int(told(pid, "statm").split()[1]) for pid in pids) * resource.getpagesize()


async def codes(admin: asyncpg.Connection, account: Account) -> list[tuple[str, str | None]]:
    """Status and code of all requests of a user, the newest first."""
    rows = await admin.fetch(
        "select status, error_code from public.srv_ocr_requests where user_id = $1 order by created_at desc",
        account.user_id,
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("name", "image", "status", "slug", "found"),
    [
        ("a bomb", bomb, 413, "ocr-image-too-large", None),
        ("a PDF", lambda: b"%PDF-1.7" + bytes(500), 415, "ocr-unsupported-image", "pdf"),
        ("an SVG", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "ocr-unsupported-image", "svg"),
        ("a polyglot", lambda: b"%PDF-1.7\n" + encoded(page(), "JPEG"), 415, "ocr-unsupported-image", "pdf"),
        ("a TIFF of two pages", _tiff, 415, "ocr-unsupported-image", "tiff"),
        ("an animated WebP", animated_webp, 415, "ocr-unsupported-image", "animation"),
        ("a truncated JPEG", lambda: encoded(page(), "JPEG")[:-3000], 422, "ocr-broken-image", None),
        ("1 x 1", lambda: encoded(Image.new("RGB", (1, 1))), 422, "ocr-image-too-small", None),
        ("a blank page", lambda: encoded(Image.new("RGB", (800, 600), "white")), 422, "ocr-no-text", None),
        ("nothing inside", lambda: b"", 415, "ocr-unsupported-image", "unknown"),
    ],
)
async def test_an_image_that_is_not_read(  # noqa: PLR0913, PLR0917 - the parameters of a case
    user: Account, admin: asyncpg.Connection, name: str, image: Callable[[], bytes], status: int, slug: str,
    found: str | None,
) -> None:  # fmt: skip
    sealed = await seal_for(user.http, user.user_id, image())
    problem = problem_of(await send(user.http, sealed.content), status, slug)
    assert problem.get("found") == found, name
    assert await codes(admin, user) == [("failed", slug)]


async def test_what_is_not_sealed(user: Account, admin: asyncpg.Connection) -> None:
    bodies = [b"", b"\x01", encoded(page(), "JPEG"), os.urandom(3000).replace(b"\x01", b"\x05"), b"{}"]
    for number, body in enumerate(bodies, 1):
        problem_of(await send(user.http, body), 400, "ocr-not-sealed")
        assert await codes(admin, user) == [("failed", "ocr-not-sealed")] * number


async def test_a_wrong_key_id(user: Account, admin: asyncpg.Connection) -> None:
    sealed = await seal_for(user.http, user.user_id, encoded(page()))
    wrong = bytearray(sealed.content)
    wrong[2:10] = bytes(8)
    problem_of(await send(user.http, bytes(wrong)), 422, "ocr-unknown-key")
    assert await codes(admin, user) == [("failed", "ocr-unknown-key")]


@pytest.mark.parametrize("place", [REQUEST_HEADER.size, REQUEST_HEADER.size + 40, -1])
async def test_tampered(user: Account, admin: asyncpg.Connection, place: int) -> None:
    sealed = await seal_for(user.http, user.user_id, encoded(page()))
    changed = bytearray(sealed.content)
    changed[place] ^= 1
    problem_of(await send(user.http, bytes(changed)), 422, "ocr-seal-broken")
    assert await codes(admin, user) == [("failed", "ocr-seal-broken")]
    # The id is used up: whoever changes bytes on the way gets no second try with them.
    problem_of(await send(user.http, sealed.content), 409, "ocr-replayed")


async def test_another_request_id_on_the_same_seal(user: Account) -> None:
    sealed = await seal_for(user.http, user.user_id, encoded(page()))
    changed = bytearray(sealed.content)
    changed[10:26] = uuid4().bytes
    problem_of(await send(user.http, bytes(changed)), 422, "ocr-seal-broken")


async def test_ten_megabytes_and_one(user: Account, admin: asyncpg.Connection) -> None:
    most = noise(1600)
    assert len(most) < 10 * MIB
    fits = await seal_for(user.http, user.user_id, most + bytes(10 * MIB - len(most)))
    # It is read, and has no text: what counts is that its size is no problem.
    problem_of(await send(user.http, fits.content), 422, "ocr-no-text")
    for over in (1, MIB):
        large = await seal_for(user.http, user.user_id, most + bytes(10 * MIB - len(most) + over))
        problem = problem_of(await send(user.http, large.content), 413, "ocr-image-too-large")
        assert problem["limit"] == 10 * MIB
    assert [code for _, code in await codes(admin, user)] == ["ocr-image-too-large"] * 2 + ["ocr-no-text"]


async def test_a_body_without_a_length_is_bounded_too(user: Account) -> None:
    async def endless():  # type: ignore[no-untyped-def] # noqa: ANN202 - chunks
        for _ in range(20):
            yield bytes(MIB)

    answer = await user.http.post("/ocr/process", content=endless(), headers={"Content-Type": OCTETS})
    problem_of(answer, 413, "ocr-image-too-large")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "image/jpeg"},
        {"Content-Type": "application/json"},
        {"Content-Type": OCTETS, "Content-Encoding": "gzip"},
    ],
)
async def test_other_types_are_refused(user: Account, headers: dict[str, str]) -> None:
    answer = await user.http.post("/ocr/process", content=b"x" * 100, headers=headers)
    problem_of(answer, 415, "unsupported-media-type")


async def test_without_a_token_nothing_is_read(anyone: httpx.AsyncClient) -> None:
    problem_of(await send(anyone, b"x"), 401, "missing-token")


async def test_the_workers_are_as_before(stack: StackInfo, user: Account) -> None:
    """After all that: the next image is read, by a worker that ends; no zombie, and memory as it was."""
    sealed = await seal_for(user.http, user.user_id, encoded(page()))
    assert (await send(user.http, sealed.content)).status_code == 200
    parents = named(b"warmed_parent")
    assert parents
    refused = b"%PDF" + bytes(4 * MIB)
    for number in range(30):
        if number == 5:
            # The first ones widen the heap for good.
            before = memory_of(parents), memory_of(named(b"granian"))
        broken = await seal_for(user.http, user.user_id, refused)
        problem_of(await send(user.http, broken.content), 415, "ocr-unsupported-image")
    after = memory_of(parents), memory_of(named(b"granian"))
    # 25 images that stayed would be 100 MiB; an allocator's own habits are a fraction of that.
    assert [now - then < 40 * MIB for then, now in zip(before, after, strict=True)] == [True, True], (before, after)
    for _ in range(50):
        if not any(children_of(pid) for pid in parents):
            break
        await asyncio.sleep(0.1)
    assert named(b"warmed_parent") == parents
    assert [children_of(pid) for pid in parents] == [set()] * len(parents), stack.base_url
