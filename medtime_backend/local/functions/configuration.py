"""Which functions there are: folders of supabase/functions, and what supabase/config.toml says of them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Function:
    """An edge function. `verify_jwt`: only called with a user's token or an API key."""

    name: str
    entrypoint: Path
    configuration: Path
    verify_jwt: bool

    def stamp(self) -> float:
        """When its sources, its own or shared ones, were last changed."""
        return max(map(_changed, self.entrypoint.parents[1].rglob("*")), default=0.0)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        # An editor's draft that is gone by now.
        return 0.0


def find_function(project: Path, name: str) -> Function | None:
    """Return the function of this name in the project (the folder of config.toml), or None."""
    folder = project / "functions" / name
    if not name.replace("-", "").isalnum() or not (folder / "index.ts").is_file():
        return None
    settings = tomllib.loads((project / "config.toml").read_text(encoding="utf-8")).get("functions", {}).get(name, {})
    if not settings.get("enabled", True):
        return None
    return Function(
        name=name,
        entrypoint=project / settings.get("entrypoint", f"functions/{name}/index.ts"),
        configuration=project / settings.get("import_map", f"functions/{name}/deno.json"),
        verify_jwt=settings.get("verify_jwt", True),
    )
