-- Wake-up addresses and the queue of wake-ups. Nobody but our functions (20261130*) touches them.
create table public.srv_push_devices (
  user_id uuid not null references auth.users (id) on delete cascade,
  device_id text not null check (device_id ~ '^[A-Za-z0-9._:-]{1,64}$'),
  platform text not null check (platform in ('apns', 'fcm')),
  environment text not null default 'production' check (environment in ('production', 'sandbox')),
  -- An index entry has room for no more.
  token text not null check (octet_length(token) between 1 and 2048),
  last_used_at timestamptz not null default now(),
  woken_at timestamptz not null default '-infinity',
  primary key (user_id, device_id),
  -- A token is one phone's: it moves with the phone and belongs to one user at a time.
  constraint one_owner_per_token unique (platform, token)
);
comment on table public.srv_push_devices is 'Where a device can be woken. Read by nobody through the API, not even the user.';
comment on column public.srv_push_devices.user_id is 'Whose device it is.';
comment on column public.srv_push_devices.device_id is 'The installation of the app.';
comment on column public.srv_push_devices.platform is 'apns or fcm.';
comment on column public.srv_push_devices.environment is 'production or sandbox (APNs has two).';
comment on column public.srv_push_devices.token is 'The address the platform gave.';
comment on column public.srv_push_devices.last_used_at is 'When it was last registered or woken.';
comment on column public.srv_push_devices.woken_at is 'When it was last woken: it is not woken again within the coalescing window.';

create table public.srv_push_outbox (
  user_id uuid not null,
  device_id text not null,
  queued_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  ticket uuid,
  leased_until timestamptz,
  again boolean not null default false,
  attempts integer not null default 0 check (attempts >= 0),
  set_aside_at timestamptz,
  -- One row per device: a second wake-up before the first is sent says nothing new.
  primary key (user_id, device_id),
  foreign key (user_id, device_id) references public.srv_push_devices (user_id, device_id) on delete cascade,
  constraint a_ticket_is_a_lease check ((ticket is null) = (leased_until is null)),
  constraint what_is_set_aside_is_not_leased check (ticket is null or set_aside_at is null)
);
comment on table public.srv_push_outbox is 'Devices to be woken: who and when, never why.';
comment on column public.srv_push_outbox.user_id is 'Whose device it is.';
comment on column public.srv_push_outbox.device_id is 'The device.';
comment on column public.srv_push_outbox.queued_at is 'When the wake-up was first asked for.';
comment on column public.srv_push_outbox.due_at is 'When it may be sent; while a sender is at work, when that one is given up.';
comment on column public.srv_push_outbox.ticket is 'Names the lease of the sender at work; whoever comes with another is too late.';
comment on column public.srv_push_outbox.leased_until is 'A sender is at work until then.';
comment on column public.srv_push_outbox.again is 'Something changed while a sender was at work: the wake-up is to be sent once more.';
comment on column public.srv_push_outbox.attempts is 'How often sending was tried.';
comment on column public.srv_push_outbox.set_aside_at is 'Since when it is not tried any more by itself: it was refused, or tried too often.';
create index srv_push_outbox_due on public.srv_push_outbox (due_at) where set_aside_at is null;
create unique index srv_push_outbox_ticket on public.srv_push_outbox (ticket) where ticket is not null;

alter table public.srv_push_devices enable row level security;
alter table public.srv_push_devices force row level security;
alter table public.srv_push_outbox enable row level security;
alter table public.srv_push_outbox force row level security;
revoke all on table public.srv_push_devices, public.srv_push_outbox from public, anon, authenticated, service_role;
