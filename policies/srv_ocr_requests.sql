-- srv_ocr_requests: that an image was read, when, and how it ended; never what was in it.
--
-- Who may do what, and why
--   Users read their own. Caregivers do not: that somebody photographed a prescription is nothing the owner has shared.
--   Only our functions write.
--
-- rows belong to: user_id
-- columns: id uuid, user_id uuid, status text, created_at timestamptz, completed_at timestamptz, error_code text
-- triggers: none
-- sample: insert into public.srv_ocr_requests (user_id, status) values ($1, 'pending')
--
-- | persona    | select | insert | update | delete | truncate |
-- |------------|--------|--------|--------|--------|----------|
-- | every user | own    | -      | -      | -      | -        |

alter table public.srv_ocr_requests enable row level security;
alter table public.srv_ocr_requests force row level security;

revoke all on table public.srv_ocr_requests from public, anon, authenticated, service_role;
grant select on table public.srv_ocr_requests to authenticated;

create policy "user may see their own requests" on public.srv_ocr_requests for select to authenticated
using (user_id = (select auth.uid()));
