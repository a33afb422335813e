"""The Kubernetes manifests fit together, the code and the page; kubernetes-validate looks at the rest."""

import re
import subprocess
import sys
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cli.main import app
from medtime_backend.catalog import download
from medtime_backend.catalog.sources import SOURCES, Source
from medtime_backend.environment import IN_A_FILE
from medtime_backend.routes import system
from medtime_backend.settings_rules import listening_address
from tests.cli.command import ROOT
from tests.deploy.manifests import (
    DEPLOY,
    MANIFESTS,
    compose,
    default,
    environment_of,
    pods,
    resource,
    resources,
    service_container,
    service_environment,
)
from tests.documents.markdown import rows

BIN = Path(sys.executable).parent


def test_kubernetes_knows_all_of_it() -> None:
    checked = subprocess.run(  # noqa: S603 - a fixed command
        [BIN / "kubernetes-validate", "--strict", "--quiet", *MANIFESTS],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", [name for name, _ in pods()])
def test_every_pod_is_confined(name: str) -> None:
    template = dict(pods())[name]
    spec = template["spec"]
    assert template["metadata"]["labels"]["app.kubernetes.io/name"] == "medtime"
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        own = container["securityContext"]
        assert own["readOnlyRootFilesystem"] is True
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]


def test_two_to_twenty_by_queue_depth_and_processor() -> None:
    spec = resource("HorizontalPodAutoscaler")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 20)
    by_kind = {metric["type"]: metric for metric in spec["metrics"]}
    assert by_kind["Resource"]["resource"]["name"] == "cpu"
    pod = by_kind["Pods"]["pods"]
    assert pod["metric"]["name"] == "sync_queue_depth"
    workers = int(re.findall(r"--workers', '(\d+)'", str(resource("Deployment")))[0])
    # It scales before anybody is refused.
    assert float(pod["target"]["averageValue"]) < workers * default("concurrent_requests") / 2
    assert "replicas" not in resource("Deployment")["spec"]
    assert spec["scaleTargetRef"]["name"] == resource("Deployment")["metadata"]["name"]


def test_selectors_meet_the_pods() -> None:
    deployment = resource("Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    for selector in (
        deployment["selector"]["matchLabels"],
        resource("Service")["spec"]["selector"],
        resource("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        resource("NetworkPolicy", "medtime-service")["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    everybody = resource("NetworkPolicy")["spec"]["podSelector"]["matchLabels"]
    assert all(everybody.items() <= template["metadata"]["labels"].items() for _, template in pods())
    assert {one["kind"] for one in resources()} >= {"CronJob", "NetworkPolicy", "PodDisruptionBudget"}


def test_every_job_runs_a_command_that_there_is() -> None:
    """With options that it has, from the image that the service runs from."""
    jobs = [(name, template) for name, template in pods() if name != "medtime"]
    assert {name for name, _ in jobs} == {
        *("medtime-cleanup", "medtime-wakeups", "medtime-catalog-rxnorm", "medtime-catalog-cofepris"),
        "medtime-catalog-ema",
    }
    (image,) = {container["image"] for _, template in pods() for container in template["spec"]["containers"]}
    assert image == compose()["services"]["medtime"]["image"]
    assert image in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert image == f"medtime-backend:{version}"
    for _, template in pods():
        (container,) = template["spec"]["containers"]
        program, *words = [*container.get("command", ["medtime"]), *container.get("args", [])]
        assert program == "medtime"
        command: Any = get_command(app)
        while hasattr(command, "commands"):
            name, *words = words
            command = command.commands[name]
        # Raises for an option, a value or a word that the command does not have.
        command.make_context(name, words)


def test_secrets_are_those_that_the_page_makes() -> None:
    page = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
    listed: dict[str, set[str]] = {}
    named = ""
    for secret, keys, _ in rows(page, "secret", "key", "is"):
        # An empty cell is as the one above.
        named = secret.strip("`") or named
        listed.setdefault(named, set()).update(re.findall(r"`([a-z-]+)`", keys))
    used: dict[str, set[str]] = {}
    for _, template in pods():
        (container,) = template["spec"]["containers"]
        for one in container.get("env", []):
            reference = one.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                used.setdefault(reference["name"], set()).add(reference["key"])
        files = {
            Path(path).name for variable, path in environment_of(container).items() if variable.endswith(IN_A_FILE)
        }
        for volume in template["spec"]["volumes"]:
            if "secret" in volume:
                used.setdefault(volume["secret"]["secretName"], set()).update(files)
                # Kubernetes lets nobody but root and the group read them.
                assert template["spec"]["securityContext"]["fsGroup"] == 10001
                items = volume["secret"].get("items")
                assert items is None or files <= {item["path"] for item in items}
    assert used == listed
    made = dict(re.findall(r"^kubectl create secret generic (\S+) (.*)$", page, re.MULTILINE))
    assert set(made) == set(used)
    for name, options in made.items():
        assert set(re.findall(r"--from-file=([a-z-]+)", options)) <= used[name]


def test_prometheus_gets_an_answer_where_it_is_sent() -> None:
    """Gateway and Prometheus are of one network there: on the service's port the two could not be told apart."""
    said = service_environment()
    trusted, scrapers = (
        [ip_network(one) for one in said[variable].split(",")]
        for variable in ("MEDTIME_TRUSTED_PROXIES", "MEDTIME_METRICS_NETWORKS")
    )
    assert any(one.overlaps(other) for one in trusted for other in scrapers)
    _, port = listening_address(said["MEDTIME_METRICS_LISTEN"])
    template = resource("Deployment")["spec"]["template"]
    notes = template["metadata"]["annotations"]
    assert (notes["prometheus.io/port"], notes["prometheus.io/path"]) == (str(port), "/metrics")
    ports = {one["name"]: one["containerPort"] for one in service_container()["ports"]}
    assert ports == {"http": 8000, "metrics": port}
    assert service_container()["args"][3:5] == ["--port", "8000"]
    open_to = {
        next(iter(rule["from"][0]["namespaceSelector"]["matchLabels"])): [one["port"] for one in rule["ports"]]
        for rule in resource("NetworkPolicy", "medtime-service")["spec"]["ingress"]
    }
    assert open_to == {"medtime.app/gateway": [8000], "medtime.app/monitoring": [port]}
    # The service of Kubernetes, which gateways go by, leads to the other.
    assert [one["targetPort"] for one in resource("Service")["spec"]["ports"]] == ["http"]


def test_prometheus_finds_the_pods_and_only_them() -> None:
    given = yaml.safe_load((DEPLOY / "prometheus/kubernetes.yml").read_text(encoding="utf-8"))
    kept = {
        tuple(rule["source_labels"]): rule["regex"]
        for rule in given["scrape_configs"][0]["relabel_configs"]
        if rule.get("action") == "keep"
    }
    labels = resource("Deployment")["spec"]["template"]["metadata"]["labels"]
    prefix = "__meta_kubernetes_pod_label_app_kubernetes_io_"
    wanted = ";".join(labels[f"app.kubernetes.io/{name}"] for name in ("name", "component"))
    assert kept == {
        (f"{prefix}name", f"{prefix}component"): wanted,
        ("__meta_kubernetes_pod_container_port_name",): "metrics",
    }


def test_probes_ask_for_what_there_is() -> None:
    container = service_container()
    paths = {kind: container[kind]["httpGet"]["path"] for kind in ("startupProbe", "readinessProbe", "livenessProbe")}
    answered = {f"{system.health.path}{path}" for handler in (system.live, system.ready) for path in handler.paths}
    assert set(paths.values()) <= answered
    assert paths["readinessProbe"] == "/health/ready"
    assert paths["livenessProbe"] == paths["startupProbe"] == "/health/live"


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
def test_each_source_of_the_catalog_is_seeded_at_its_cadence(source: Source) -> None:
    spec = resource("CronJob", f"medtime-catalog-{source.name}")["spec"]
    # A day of the week, or a day of each month: never rarer than the publisher.
    fields = spec["schedule"].split()
    assert [field == "*" for field in fields] == [False, False, source.days == 7, True, source.days != 7]
    job = spec["jobTemplate"]["spec"]
    assert job["activeDeadlineSeconds"] > download.SECONDS
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"] == ["medtime", "catalog", "seed", "--source", source.name, "--json"]
    assert source.variable in {one["name"] for one in container["env"]}
    # Where the file is put, there is room for the largest.
    assert [one["name"] for one in container["volumeMounts"]] == [one["name"] for one in pod["volumes"]]
    (volume,) = (one for one in pod["volumes"] if "emptyDir" in one)
    number, unit = re.fullmatch(r"(\d+)([MG])i", volume["emptyDir"]["sizeLimit"]).groups()  # type: ignore[union-attr]
    assert int(number) * 1024 ** {"M": 2, "G": 3}[unit] > source.most_bytes
