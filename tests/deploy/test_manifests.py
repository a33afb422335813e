"""What deploy/ says fits together and fits the code; kubernetes-validate and hadolint look at the rest."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from medtime_backend.catalog import download
from medtime_backend.catalog.sources import SOURCES, Source
from medtime_backend.environment import IN_A_FILE, unknown
from medtime_backend.limits import LIMITS
from medtime_backend.settings import Settings
from tests.cli.command import ROOT
from tests.deploy.manifests import DEPLOY, MANIFESTS, compose, kong, pods, resource, resources

BIN = Path(sys.executable).parent
HADOLINT = shutil.which("hadolint", path=str(BIN))
SERVICE_PATHS = {"/sync/", "/catalog/", "/ocr/", "/devices/", "/auth/"}
SUPABASE_PATHS = {"/auth/v1/", "/rest/v1/", "/functions/v1/"}
SETTINGS = Settings.__struct_fields__


def default(name: str) -> Any:
    return getattr(Settings(database_url="postgresql://x", jwks_url="https://x"), name)


def service_environment() -> dict[str, str]:
    (container,) = resource("Deployment")["spec"]["template"]["spec"]["containers"]
    return {**resource("ConfigMap")["data"], **{one["name"]: one["value"] for one in container["env"]}}


def test_kubernetes_knows_all_of_it() -> None:
    checked = subprocess.run(  # noqa: S603 - a fixed command
        [BIN / "kubernetes-validate", "--strict", "--quiet", *MANIFESTS],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.skipif(HADOLINT is None, reason="no hadolint for this system")
def test_hadolint_finds_nothing() -> None:
    checked = subprocess.run(  # noqa: S603 - a fixed command
        [str(HADOLINT), str(DEPLOY / "Dockerfile")], capture_output=True, text=True, timeout=60, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")


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
    (volume,) = pod["volumes"]
    number, unit = re.fullmatch(r"(\d+)([MG])i", volume["emptyDir"]["sizeLimit"]).groups()  # type: ignore[union-attr]
    assert int(number) * 1024 ** {"M": 2, "G": 3}[unit] > source.most_bytes


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


def test_nobody_waits_too_short() -> None:
    said = service_environment()
    longest = float(said["MEDTIME_DRAIN_SECONDS"]) + float(said["MEDTIME_REQUEST_TIMEOUT"]) + 5
    assert resource("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > longest
    service = compose()["services"]["medtime"]
    assert int(service["stop_grace_period"].removesuffix("s")) > (
        default("drain_seconds") + default("request_timeout") + 5
    )
    for one in kong()["services"]:
        if one.get("host") == "medtime":
            assert one["read_timeout"] > 1000 * default("request_timeout")
    nginx = (DEPLOY / "nginx/nginx.conf").read_text(encoding="utf-8")
    assert int(re.findall(r"proxy_read_timeout (\d+)s", nginx)[0]) > default("request_timeout")
    upstreams = (DEPLOY / "nginx/upstreams.conf").read_text(encoding="utf-8")
    assert int(re.findall(r"keepalive_timeout (\d+)s", upstreams)[0]) < default("drain_seconds")


def test_every_variable_is_a_setting() -> None:
    given = [service_environment(), compose()["services"]["medtime"]["environment"]]
    for environment in given:
        assert unknown(environment, SETTINGS) == []
    (container,) = resource("Deployment")["spec"]["template"]["spec"]["containers"]
    mounted = {one["mountPath"] for one in container["volumeMounts"]}
    for variable, path in service_environment().items():
        if variable.endswith(IN_A_FILE):
            assert str(Path(path).parent) in mounted
    text = "".join(file.read_text(encoding="utf-8") for file in MANIFESTS)
    assert not re.search(r"postgres(ql)?://|password:", text), "a secret has no place in a manifest"


def test_the_gateways_have_the_same_routes_and_sizes() -> None:
    routes = {path: one for one in kong()["services"] for route in one["routes"] for path in route["paths"]}
    assert set(routes) >= (SERVICE_PATHS - {"/sync/"}) | SUPABASE_PATHS | {"/sync/", "~/sync/push$"}
    nginx = (DEPLOY / "nginx/nginx.conf").read_text(encoding="utf-8")
    located = dict(re.findall(r"location =? ?(\S+) \{(.*?)\n        \}", nginx, re.DOTALL))
    assert set(located) >= SERVICE_PATHS | SUPABASE_PATHS | {"/sync/push"}
    for path in SERVICE_PATHS:
        assert routes[path]["host"] == "medtime"
        assert "proxy_pass http://medtime;" in located[path]
    for path in SUPABASE_PATHS:
        assert "supabase" in routes[path]["url"]
        assert "proxy_pass http://supabase;" in located[path]
    (limit,) = [one for one in routes["~/sync/push$"]["plugins"] if one["name"] == "request-size-limiting"]
    assert limit["config"]["allowed_payload_size"] * 1024 * 1024 == LIMITS.push_body_bytes
    assert f"client_max_body_size {LIMITS.push_body_bytes // 1024 // 1024}m;" in located["/sync/push"]
    # Whatever reached an instance once is not sent again, but for a push.
    for path in ("/auth/", "/auth/v1/"):
        assert routes[path]["retries"] == 0
        assert "proxy_next_upstream off;" in located[path]
    for path in ("/metrics", "/health/ready", "/schema"):
        assert not any(path.startswith(known.strip("~$")) for known in (*routes, *located) if known != "/")


def test_kong_is_declared_as_kong_3_reads_it() -> None:
    """A stand-in for Kong's own check, which no registry offers: names, references, the form of each part."""
    declared = kong()
    assert declared["_format_version"] == "3.0"
    names = [one["name"] for one in declared["services"]]
    assert len(names) == len(set(names))
    upstreams = {one["name"] for one in declared["upstreams"]}
    for one in declared["services"]:
        assert one["name"]
        assert ("url" in one) != ("host" in one)
        if "host" in one:
            assert one["host"] in upstreams
        assert one["routes"]
        for route in one["routes"]:
            assert route["protocols"] == ["https"]
            assert route["strip_path"] is False
            # A regular expression begins with ~ since Kong 3.
            assert all(path.startswith(("/", "~/")) for path in route["paths"])
    plugins = {plugin["name"] for plugin in declared["plugins"]}
    assert {"rate-limiting", "correlation-id", "request-transformer", "response-transformer"} <= plugins


def test_compose_stands_beside_supabase_start() -> None:
    declared = compose()
    project = tomllib.loads((ROOT / "supabase/config.toml").read_text(encoding="utf-8"))["project_id"]
    assert declared["networks"]["supabase"] == {"name": f"supabase_network_{project}", "external": True}
    gateway = declared["services"]["gateway"]
    assert gateway["environment"]["KONG_SSL_PROTOCOLS"] == "TLSv1.3"
    assert gateway["environment"]["KONG_PROXY_ACCESS_LOG"] == "off"
    for name, service in declared["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        for secret in service.get("secrets", []):
            assert secret in declared["secrets"], name
    assert f"supabase_kong_{project}" in (DEPLOY / "kong/kong.yml").read_text(encoding="utf-8")


def test_the_image_is_built_from_what_is_locked() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert text.count("FROM ") == 2
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    installs = re.findall(r"pip install ([^\n]*)", text)
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {
        name for line in re.findall(r"^COPY ((?!--from)[^\n]*)", text, re.MULTILINE) for name in line.split()[:-1]
    }
    assert {f"!{name}" for name in copied} <= set(ignored)
    for name in copied:
        assert (ROOT / name).exists(), name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    built = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*built["packages"], *built["force-include"]} <= copied
