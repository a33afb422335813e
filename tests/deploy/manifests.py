"""The files of deploy/ as data."""

from collections.abc import Iterator
from typing import Any

import yaml

from tests.cli.command import ROOT

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def resources() -> list[dict[str, Any]]:
    """Every Kubernetes resource."""
    return [one for file in MANIFESTS for one in yaml.safe_load_all(file.read_text(encoding="utf-8")) if one]


def resource(kind: str, name: str = "medtime") -> dict[str, Any]:
    """The one of this kind and name."""
    (found,) = [one for one in resources() if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod of each resource that makes some."""
    for one in resources():
        spec = one.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            yield one["metadata"]["name"], template


def kong() -> dict[str, Any]:
    """Kong's declarative configuration."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "kong/kong.yml").read_text(encoding="utf-8"))
    return found


def compose() -> dict[str, Any]:
    """The compose file."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found
