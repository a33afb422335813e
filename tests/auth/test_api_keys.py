"""The two API keys of a stack: made once, kept, and given to stacks that are older than they are."""

import json
from pathlib import Path

from medtime_backend.local.credentials import load_credentials
from medtime_backend.local.options import StackInfo


def test_they_are_random_and_kept(tmp_path: Path) -> None:
    one, other = (load_credentials(tmp_path / name) for name in ("one.json", "other.json"))
    assert one.publishable_key.startswith("sb_publishable_")
    assert one.secret_key.startswith("sb_secret_")
    assert (one.publishable_key, one.secret_key) != (other.publishable_key, other.secret_key)
    assert load_credentials(tmp_path / "one.json") == one
    assert (tmp_path / "one.json").stat().st_mode & 0o777 == 0o600


def test_an_older_stack_gets_them_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    load_credentials(path)
    older = {name: value for name, value in json.loads(path.read_text()).items() if not name.endswith("_key")}
    path.write_text(json.dumps(older))
    upgraded = load_credentials(path)
    assert upgraded.secret_key.startswith("sb_secret_")
    assert older.items() <= json.loads(path.read_text()).items()
    assert load_credentials(path) == upgraded


def test_the_stack_tells_them(stack: StackInfo) -> None:
    told = stack.as_json()
    assert (told["publishable_key"], told["secret_key"]) == (stack.publishable_key, stack.secret_key)
