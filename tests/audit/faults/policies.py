"""Policies that are missing, let too much through, recurse or cost too much."""

from tests.audit.faults.fault import ENTITIES, LINKS, USER, Fault

READ = '"owner and caregivers may read"'
POLICIES = (
    Fault("a policy dropped", f"drop policy {READ} on {ENTITIES}", f"missing-access:{ENTITIES}:{USER}:select"),
    Fault(
        "the SELECT policy dropped where rows are inserted",
        f"drop policy {READ} on {ENTITIES}",
        f"select-policy-missing:{ENTITIES}*",
    ),
    Fault(
        "WITH CHECK (true)",
        f'alter policy "owner may add" on {ENTITIES} with check (true)',
        f"undeclared-access:{ENTITIES}:{USER}:insert",
    ),
    Fault(
        "USING (true) for UPDATE",
        f'alter policy "owner may change" on {ENTITIES} using (true)',
        f"policy-always-true:{ENTITIES}*",
    ),
    Fault(
        "rows may be handed over",
        f"""grant update (user_id) on {ENTITIES} to authenticated;
        alter policy "owner may change" on {ENTITIES} with check (true)""",
        f"undeclared-access:{ENTITIES}:{USER}:hand over",
    ),
    Fault(
        "always true, spelt user_id = user_id",
        f"alter policy {READ} on {ENTITIES} using (user_id = user_id)",
        f"policy-always-true:{ENTITIES}*",
    ),
    Fault(
        "always true, spelt coalesce(true, …)",
        f"alter policy {READ} on {ENTITIES} using (coalesce(true, user_id = (select auth.uid())))",
        f"policy-always-true:{ENTITIES}*",
    ),
    Fault(
        "or auth.uid() is null",
        """alter policy "user may see their own requests" on public.srv_ocr_requests
        using (user_id = (select auth.uid()) or (select auth.uid()) is null)""",
        "policy-null-uid:public.srv_ocr_requests*",
    ),
    Fault(
        "auth.uid() not wrapped in a select",
        'alter policy "user may see their own requests" on public.srv_ocr_requests using (user_id = auth.uid())',
        "policy-bare-auth-call:public.srv_ocr_requests*",
    ),
    Fault(
        "auth.uid() wrapped once and bare once",
        f"""alter policy "both sides of a link may see it" on {LINKS}
        using (supervised_user_id = (select auth.uid()) or supervisor_id = auth.uid())""",
        f"policy-bare-auth-call:{LINKS}*",
    ),
    Fault(
        "a policy for anon",
        f"""grant select on {ENTITIES} to anon;
        create policy "the public may read" on {ENTITIES} for select to anon using (deleted_at is null)""",
        f"undeclared-access:{ENTITIES}:anon:select",
    ),
    Fault(
        "a policy for PUBLIC",
        'alter policy "user may see their own requests" on public.srv_ocr_requests to public',
        "policy-to-public:public.srv_ocr_requests*",
    ),
    Fault(
        "access decided from user_metadata",
        f"""create policy "staff may read" on {ENTITIES} for select to authenticated
        using ((select auth.jwt() -> 'user_metadata' ->> 'staff') = 'true')""",
        f"policy-trusts-metadata:{ENTITIES}*",
    ),
    Fault(
        "users may make their own links",
        f"""grant insert on {LINKS} to authenticated;
        create policy "join" on {LINKS} for insert to authenticated with check (supervisor_id = (select auth.uid()))""",
        f"undeclared-access:{LINKS}:{USER}:insert",
    ),
    Fault(
        "users may delete entities",
        f"""grant delete on {ENTITIES} to authenticated;
        create policy "owner may delete" on {ENTITIES} for delete to authenticated
        using (user_id = (select auth.uid()))""",
        f"undeclared-access:{ENTITIES}:{USER}:delete",
    ),
    Fault(
        "a policy without its grant",
        f"""create policy "owner may delete" on {ENTITIES} for delete to authenticated
        using (user_id = (select auth.uid()))""",
        f"policy-unreachable:{ENTITIES}*",
    ),
    Fault(
        "two tables whose policies ask each other",
        f"""alter policy "both sides of a link may see it" on {LINKS}
        using (exists (select from {ENTITIES} as e where e.user_id = supervised_user_id));
        alter policy {READ} on {ENTITIES}
        using (user_id in (select l.supervised_user_id from {LINKS} as l))""",
        "policy-recursion:*",
    ),
    Fault(
        "a policy that asks its own table",
        f"""alter policy "both sides of a link may see it" on {LINKS}
        using (supervised_user_id in (select l.supervised_user_id from {LINKS} as l))""",
        f"policy-recursion:*{LINKS.removeprefix('public.')}*",
    ),
    Fault(
        "an index of a policy dropped",
        "drop index public.srv_ocr_requests_user",
        "policy-unindexed:public.srv_ocr_requests*",
    ),
)
