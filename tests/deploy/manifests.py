"""The files of deploy/ as data."""

from collections.abc import Iterator
from typing import Any

import yaml

from medtime_backend.settings import Settings
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


def environment_of(container: dict[str, Any]) -> dict[str, str]:
    """What a container is given by name: values, and the ConfigMap's; secrets are an empty text."""
    shared = resource("ConfigMap")["data"]
    found = dict(shared) if container.get("envFrom") else {}
    for one in container.get("env", []):
        key = one.get("valueFrom", {}).get("configMapKeyRef", {}).get("key")
        found[one["name"]] = one.get("value", shared[key] if key else "")
    return found


def service_container() -> dict[str, Any]:
    """The container of the service."""
    (container,) = resource("Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(container)


def service_environment() -> dict[str, str]:
    """What it is given."""
    return environment_of(service_container())


def stand_in() -> Settings:
    """The settings' defaults."""
    return Settings(database_url="postgresql://x", jwks_url="https://x")


def default(name: str) -> Any:
    """The default of a setting."""
    return getattr(stand_in(), name)


def kong() -> dict[str, Any]:
    """Kong's declarative configuration."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "kong/kong.yml").read_text(encoding="utf-8"))
    return found


def compose() -> dict[str, Any]:
    """The compose file."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found
