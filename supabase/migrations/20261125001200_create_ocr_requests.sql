-- Metadata of OCR requests. The images and the results are never stored.
create table public.srv_ocr_requests (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  status text not null default 'pending' check (status in ('pending', 'processing', 'done', 'failed')),
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  error_code text check (error_code ~ '^[a-z0-9-]{1,64}$'),
  constraint only_failures_have_a_code check (error_code is null or status = 'failed')
);
comment on table public.srv_ocr_requests is 'That an image was read, when, and how it ended. Never what was in it.';
comment on column public.srv_ocr_requests.id is 'Names the request.';
comment on column public.srv_ocr_requests.user_id is 'Who asked.';
comment on column public.srv_ocr_requests.status is 'pending, processing, done or failed.';
comment on column public.srv_ocr_requests.created_at is 'When it came.';
comment on column public.srv_ocr_requests.completed_at is 'When it ended.';
comment on column public.srv_ocr_requests.error_code is 'The slug of the problem, when it failed.';

create index srv_ocr_requests_user on public.srv_ocr_requests (user_id, created_at);
create index srv_ocr_requests_age on public.srv_ocr_requests (created_at);

alter table public.srv_ocr_requests enable row level security;
alter table public.srv_ocr_requests force row level security;
revoke all on table public.srv_ocr_requests from public, anon, authenticated, service_role;
grant select on table public.srv_ocr_requests to authenticated;
create policy "user may see their own requests" on public.srv_ocr_requests for select to authenticated
using (user_id = (select auth.uid()));
