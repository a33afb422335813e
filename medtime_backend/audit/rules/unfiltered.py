"""Policies that Postgres itself folds to true, in whatever spelling: the plan of the role then filters nothing."""

from __future__ import annotations

from collections.abc import Iterator

from medtime_backend.audit.findings import Finding
from medtime_backend.audit.rules.facts import Facts, Policy
from medtime_backend.audit.rules.plans import Probe
from medtime_backend.audit.rules.policies import ALWAYS_TRUE
from medtime_backend.audit.rules.report import report


def find(facts: Facts, plans: dict[str, tuple[Probe, ...]], known: list[Finding]) -> Iterator[Finding]:
    """Those that the rules on expressions did not see already (`known`): one finding for a table."""
    seen = {one.object for one in known if one.rule == ALWAYS_TRUE.slug}
    for name, probes in plans.items():
        for probe in probes if facts.tables[name].has_owners else ():
            applied = [policy for policy in facts.policies if policy.table == name and _applies(policy, probe)]
            if not probe.filters and applied and not any(policy.object in seen for policy in applied):
                # Of several, the plan does not tell which one is true.
                subject = applied[0].object if len(applied) == 1 else name
                detail = f"Postgres filters nothing when {probe.role} runs {probe.verb}: to it, the policy is true."
                yield report(ALWAYS_TRUE, subject, detail, probe.reproduction, ALWAYS_TRUE.fix)
                break


def _applies(policy: Policy, probe: Probe) -> bool:
    # WITH CHECK of an INSERT shows in no plan.
    return (
        policy.permissive
        and probe.verb != "insert"
        and policy.verb in (probe.verb, "all")
        and bool({probe.role, "public"} & set(policy.roles))
    )
