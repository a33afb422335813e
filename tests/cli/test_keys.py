"""`medtime keys`: a ring is made, renewed with overlap, and shown without anything private."""

import errno
import json
import os
from pathlib import Path

import pytest

from medtime_backend.ocr.key_ring import read_pairs
from tests.cli.in_process import run


def names_in(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir())


async def test_a_ring_is_made_and_renewed(tmp_path: Path) -> None:
    file = tmp_path / "ring.json"
    made = await run("keys", "new", "ocr", str(file))
    assert made.code == 0, made.err
    assert file.stat().st_mode & 0o777 == 0o600
    first = read_pairs(file.read_bytes())
    assert [pair.suite.split("-")[0] for pair in first] == ["x25519", "mlkem768"]
    renewed = await run("keys", "new", "ocr", str(file), "--days", "3", "--json")
    both = read_pairs(file.read_bytes())
    assert both[:2] == first
    told = json.loads(renewed.out)["keys"]
    assert [key["id"] for key in told] == [pair.id for pair in both]
    assert all(key["published"] for key in told)
    shown = await run("keys", "show", str(file))
    assert all(pair.id in shown.out for pair in both)
    everything = made.out + made.err + renewed.out + renewed.err + shown.out + shown.err
    private = [key["private_key"] for key in json.loads(file.read_text())["keys"]]
    assert [one for one in private if one in everything] == []
    assert names_in(tmp_path) == [file.name]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "ocr", "broken.json"], "cannot be used"),
        (["show", "broken.json"], "cannot be used"),
        (["show", "none.json"], "cannot be read"),
        (["new", "ocr", "none/ring.json"], "cannot be written"),
    ],
)
async def test_what_goes_wrong_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.json").write_text("secret")
    answer = await run("keys", *arguments)
    assert (answer.code, said in answer.err, "secret" in answer.err) == (1, True, False)
    assert "Traceback" not in answer.err
    assert (tmp_path / "broken.json").read_text() == "secret"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file to another user")
async def test_owner_group_and_mode_stay(tmp_path: Path) -> None:
    """As of a file of root's that the service's group may read: after the renewal it still can."""
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / "ring.json"
    assert (await run("keys", "new", "ocr", str(file))).code == 0
    os.chown(file, 1234, 5678)
    file.chmod(0o640)
    before = file.stat()
    link = tmp_path / "ring.json"
    link.symlink_to(file)
    assert (await run("keys", "new", "ocr", str(link))).code == 0
    after = file.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert after.st_ino != before.st_ino
    assert link.is_symlink()
    assert len(read_pairs(file.read_bytes())) == 4
    assert names_in(file.parent) == [file.name]


async def test_a_ring_whose_owner_cannot_be_kept_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ring.json"
    assert (await run("keys", "new", "ocr", str(file))).code == 0
    before = file.read_bytes()

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fchown", refused)
    answer = await run("keys", "new", "ocr", str(file))
    assert (answer.code, "cannot be written: Operation not permitted" in answer.err) == (1, True)
    assert (file.read_bytes(), names_in(tmp_path)) == (before, [file.name])


async def test_no_key_outlives_the_used_ids(tmp_path: Path) -> None:
    assert (await run("keys", "new", "ocr", str(tmp_path / "ring.json"), "--days", "23")).code == 2
