-- The ciphertext of the users. The server checks its shape and gives it numbers; it can read none of it.
create table public.srv_encrypted_entities (
  id uuid not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  entity_type text not null,
  encrypted_blob bytea not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  client_id text not null,
  client_seq bigint not null,
  blob_size integer not null,
  checksum text not null,
  -- The owner leads: with a bare id, an insert of somebody else's id would tell that it exists.
  primary key (user_id, id),
  constraint entity_type_is_a_label check (entity_type ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint client_id_is_a_device check (client_id ~ '^[A-Za-z0-9._:-]{1,64}$'),
  constraint version_is_positive check (version > 0),
  constraint dot_is_positive check (client_seq > 0),
  constraint blob_at_most_1_mib check (octet_length(encrypted_blob) <= 1048576),
  constraint blob_size_is_that_of_the_blob check (blob_size = octet_length(encrypted_blob)),
  constraint checksum_is_a_sha256 check (checksum ~ '^[0-9a-f]{64}$'),
  constraint tombstone_is_empty check ((deleted_at is not null) = (octet_length(encrypted_blob) = 0))
);
-- Ciphertext does not compress: trying to would only cost time.
alter table public.srv_encrypted_entities alter column encrypted_blob set storage external;

-- Most accounts are small. Were that what ANALYZE notes, a plan that reads a whole account would seem as cheap as a
-- lookup by primary key, and a large account would pay for it. So every account counts as a thousand entities.
alter table public.srv_encrypted_entities alter column user_id set (n_distinct = -0.001);

comment on table public.srv_encrypted_entities is 'One encrypted item of a user per row; opaque to the server. Numbers, times, size and checksum are the server''s.';
comment on column public.srv_encrypted_entities.id is 'The entity, named by the device that made it.';
comment on column public.srv_encrypted_entities.user_id is 'The owner. Never changes.';
comment on column public.srv_encrypted_entities.entity_type is 'A short label chosen by the app. Never changes.';
comment on column public.srv_encrypted_entities.encrypted_blob is 'The envelope (docs/protocol.md); empty for a tombstone.';
comment on column public.srv_encrypted_entities.version is 'Grows by exactly one with each write. A write states the next one, which is its precondition.';
comment on column public.srv_encrypted_entities.created_at is 'When it was first written.';
comment on column public.srv_encrypted_entities.updated_at is 'When it was last written; strictly grows per owner, even when the clock steps back.';
comment on column public.srv_encrypted_entities.deleted_at is 'Set: a tombstone.';
comment on column public.srv_encrypted_entities.client_id is 'First half of the dot: the device that wrote the current state.';
comment on column public.srv_encrypted_entities.client_seq is 'Second half of the dot: that device''s counter then. Given by the server.';
comment on column public.srv_encrypted_entities.blob_size is 'Bytes of the blob. Given by the server.';
comment on column public.srv_encrypted_entities.checksum is 'SHA-256 of the stored bytes, in hex. Stated by the writer, checked by the server.';

-- The pull: one range per device. Unique, so that a dot can never be given twice.
create unique index srv_encrypted_entities_dot on public.srv_encrypted_entities (user_id, client_id, client_seq);
-- The dot behind the type makes a pull of one type a range too.
create index srv_encrypted_entities_type
on public.srv_encrypted_entities (user_id, entity_type, client_id, client_seq);
create index srv_encrypted_entities_updated on public.srv_encrypted_entities (updated_at);
create index srv_encrypted_entities_live on public.srv_encrypted_entities (user_id, updated_at)
where deleted_at is null;
create index srv_encrypted_entities_tombstones on public.srv_encrypted_entities (deleted_at)
where deleted_at is not null;

alter table public.srv_encrypted_entities enable row level security;
alter table public.srv_encrypted_entities force row level security;
revoke all on table public.srv_encrypted_entities from public, anon, authenticated, service_role;
grant select on table public.srv_encrypted_entities to authenticated;
grant insert (id, user_id, entity_type, encrypted_blob, version, deleted_at, client_id, client_seq, checksum)
on table public.srv_encrypted_entities to authenticated;
grant update (encrypted_blob, version, deleted_at, client_id, client_seq, checksum)
on table public.srv_encrypted_entities to authenticated;

create policy "owner and caregivers may read" on public.srv_encrypted_entities for select to authenticated
using (user_id = (select auth.uid()) or user_id in (select private.readable_owners()));
create policy "owner may add" on public.srv_encrypted_entities for insert to authenticated
with check (user_id = (select auth.uid()));
create policy "owner may change" on public.srv_encrypted_entities for update to authenticated
using (user_id = (select auth.uid()))
with check (user_id = (select auth.uid()));

create function private.content_fault(blob bytea, checksum text, deleted boolean)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when deleted and octet_length(blob) > 0 then 'tombstone-not-empty'
    when octet_length(blob) > 1048576 then 'blob-too-large'
    when not deleted and (
      octet_length(blob) < 2
      or get_byte(blob, 0) <> 1
      or get_byte(blob, 1) not in (1, 2)
      -- format, algorithm, nonce of 12 or 24 bytes, tag of 16
      or octet_length(blob) < case get_byte(blob, 1) when 1 then 30 else 42 end
    ) then 'not-an-envelope'
    when checksum is distinct from encode(sha256(blob), 'hex') then 'checksum-mismatch'
  end
$$;
comment on function private.content_fault(bytea, text, boolean) is 'What is wrong with the bytes of an entity, as the slug of a problem; null when nothing is.';
revoke all on function private.content_fault(bytea, text, boolean) from public, anon, authenticated, service_role;
grant execute on function private.content_fault(bytea, text, boolean) to authenticated;
