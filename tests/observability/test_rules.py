"""Rules, alerts, dashboard and page speak of the metrics that there are; promtool tries every alert, firing and not."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from medtime_backend.metrics import Metrics
from medtime_backend.settings import Settings
from tests.documents.markdown import ROOT, read, rows

PROMETHEUS = ROOT / "deploy/prometheus"
DASHBOARD = ROOT / "deploy/grafana/medtime.json"
PROMTOOL = shutil.which("promtool")
# Of exporters that operators run beside the service.
ELSEWHERE = {
    *("up", "node_cpu_seconds_total", "container_cpu_usage_seconds_total", "kube_pod_container_resource_limits"),
    "probe_ssl_earliest_cert_expiry",
}
WORDS = {
    *("sum", "rate", "by", "le", "and", "or", "ignoring", "increase", "max", "min", "avg", "time", "vector", "absent"),
    *("histogram_quantile", "on", "without", "topk", "count", "label_replace", "clamp_min", "deriv"),
}


def documents(name: str) -> list[dict[str, Any]]:
    text = (PROMETHEUS / name).read_text(encoding="utf-8")
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


RULES = {rule["record"]: rule for rule in documents("rules.yml")}
ALERTS = documents("alerts.yml")


def exported() -> set[str]:
    """The names of all series that a worker may tell."""
    names = set()
    for family in Metrics().registry.collect():
        match family.type:
            case "counter":
                names.add(f"{family.name}_total")
            case "histogram":
                names |= {f"{family.name}_{part}" for part in ("bucket", "sum", "count")}
            case _:
                names.add(family.name)
    return names


def read_by(expression: str) -> set[str]:
    """The series that an expression reads: what is left of its words without labels, durations, strings, numbers."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"|(?:by|without|ignoring|on) *\([^)]*\)", " ", expression)
    return set(re.findall(r"[a-z_][a-z0-9_]*", bare)) - WORDS


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def expressions() -> dict[str, str]:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return {
        **{name: rule["expr"] for name, rule in RULES.items()},
        **{f"{rule['alert']} {number}": rule["expr"] for number, rule in enumerate(ALERTS)},
        **{
            f"panel {panel['title']} {target['refId']}": target["expr"]
            for panel in panels(board)
            for target in panel["targets"]
        },
    }


@pytest.mark.parametrize("name", sorted(expressions()))
def test_an_expression_reads_what_there_is(name: str) -> None:
    assert read_by(expressions()[name]) <= exported() | set(RULES) | ELSEWHERE


def test_labels_of_expressions_are_those_of_the_metrics() -> None:
    labels = {"job", "instance", "le", "window", "namespace", "pod", "container", "resource", "mode"} | {
        label for collector in vars(Metrics()).values() for label in getattr(collector, "_labelnames", ())
    }
    used = {
        label
        for expression in expressions().values()
        for labels in re.findall(r"\{([^}]*)\}", expression)
        for label in re.findall(r"(\w+)\s*(?:=|!|=~)", labels)
    }
    assert used <= labels


def test_the_page_lists_every_metric_rule_and_alert() -> None:
    page = read("docs/metrics.md")
    listed = {row[0].strip("`"): row for row in rows(page, "metric", "labels", "type", "tells")}
    families = {
        f"{family.name}_total" if family.type == "counter" else family.name: family
        for family in Metrics().registry.collect()
    }
    assert set(listed) == set(families)
    for name, row in listed.items():
        assert row[2] == families[name].type, name
    ruled = {name for row in rows(page, "rule", "is") for name in re.findall(r"`([a-z0-9_]+)`", row[0])}
    assert ruled == set(RULES)
    alerted = {row[0].strip("`"): row[1] for row in rows(page, "alert", "severity", "when", "what to do")}
    declared: dict[str, list[str]] = {}
    for rule in ALERTS:
        declared.setdefault(rule["alert"], []).append(rule["labels"]["severity"])
    assert alerted == {name: ", ".join(severities) for name, severities in declared.items()}


def test_every_alert_is_tried_firing_and_not_firing() -> None:
    tests = [
        test
        for file in sorted(PROMETHEUS.glob("tests*.yml"))
        for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
    ]
    tried = {(case["alertname"], bool(case["exp_alerts"])) for test in tests for case in test["alert_rule_test"]}
    assert tried == {(rule["alert"], fires) for rule in ALERTS for fires in (True, False)}


def test_limits_that_alerts_know_are_those_of_the_settings() -> None:
    floods = next(rule for rule in ALERTS if rule["alert"] == "AddressFloods")
    assert 'group="address"' in floods["expr"]
    assert (
        Settings.__struct_defaults__[Settings.__struct_fields__.index("rate_address") - len(Settings.__struct_fields__)]
        == 1000
    )


@pytest.mark.parametrize("name", ["prometheus.yml", "kubernetes.yml"])
def test_every_job_that_an_expression_names_is_scraped(name: str) -> None:
    """An alert of a job that nobody scrapes would be silent for ever."""
    named = {job for expression in expressions().values() for job in re.findall(r'job="([^"]*)"', expression)}
    given = yaml.safe_load((PROMETHEUS / name).read_text(encoding="utf-8"))
    assert named == {job["job_name"] for job in given["scrape_configs"]}
    assert given["rule_files"] == ["rules.yml", "alerts.yml"]


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool (Debian's package prometheus)")
@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", "rules.yml", "alerts.yml"),
        ("test", "rules", "tests.yml", "tests_days.yml"),
        ("check", "config", "prometheus.yml"),
    ],
)
def test_promtool_agrees(command: tuple[str, ...]) -> None:
    ran = subprocess.run(  # noqa: S603 - Prometheus's own tool
        [str(PROMTOOL), *command], cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool (Debian's package prometheus)")
def test_promtool_agrees_with_what_is_for_a_cluster(tmp_path: Path) -> None:
    """But for the discovery itself, which Debian's promtool is built without."""
    given = yaml.safe_load((PROMETHEUS / "kubernetes.yml").read_text(encoding="utf-8"))
    (discovery,) = given["scrape_configs"][0].pop("kubernetes_sd_configs")
    assert discovery == {"role": "pod", "namespaces": {"names": ["default"]}}
    given["rule_files"] = [str(PROMETHEUS / name) for name in given["rule_files"]]
    file = tmp_path / "kubernetes.yml"
    file.write_text(yaml.safe_dump(given))
    ran = subprocess.run(  # noqa: S603 - Prometheus's own tool
        [str(PROMTOOL), "check", "config", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
