-- How the service notes OCR requests, as the user who asks. The id is the client's, and sealed with the image: used once,
-- the same sealed bytes are not read again.
create function private.begin_own_ocr_request(id uuid, retryable_codes text[])
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.srv_ocr_requests as r (id, user_id)
  values (begin_own_ocr_request.id, private.live_caller())
  on conflict on constraint srv_ocr_requests_pkey do update
  set status = 'pending', completed_at = null, error_code = null, created_at = now()
  where
    r.user_id = excluded.user_id
    and (
      r.error_code = any (begin_own_ocr_request.retryable_codes)
      -- Its instance has died: nothing takes longer.
      or (r.status in ('pending', 'processing') and r.created_at < now() - interval '2 minutes')
    );
  if not found then
    perform private.raise_problem('MT409', 'ocr-replayed');
  end if;
end
$$;
comment on function private.begin_own_ocr_request(uuid, text[]) is 'Notes that the caller has sent an image under this id. An id is used once, except when its request failed with one of these codes, or was left by an instance that died. Raises ocr-replayed (MT409), unknown-user (MT401).';

create function private.note_own_ocr_request(id uuid, status text, error_code text)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update public.srv_ocr_requests as r
  set
    status = note_own_ocr_request.status,
    error_code = note_own_ocr_request.error_code,
    completed_at = case when note_own_ocr_request.status in ('done', 'failed') then now() end
  where r.id = note_own_ocr_request.id and r.user_id = auth.uid() and r.status in ('pending', 'processing')
$$;
comment on function private.note_own_ocr_request(uuid, text, text) is 'Notes how far a request of the caller is: processing, done, or failed with the slug of the problem. One that has ended stays as it is.';

create function private.begin_ocr_request_as(claims jsonb, id uuid, retryable_codes text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.become(claims);
  perform private.begin_own_ocr_request(begin_ocr_request_as.id, begin_ocr_request_as.retryable_codes);
end
$$;
comment on function private.begin_ocr_request_as(jsonb, uuid, text[]) is 'private.begin_own_ocr_request as the user of the claims.';

create function private.note_ocr_request_as(claims jsonb, id uuid, status text, error_code text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.become(claims);
  perform private.note_own_ocr_request(
    note_ocr_request_as.id, note_ocr_request_as.status, note_ocr_request_as.error_code
  );
end
$$;
comment on function private.note_ocr_request_as(jsonb, uuid, text, text) is 'private.note_own_ocr_request as the user of the claims.';

revoke all on function
private.begin_own_ocr_request(uuid, text[]),
private.note_own_ocr_request(uuid, text, text),
private.begin_ocr_request_as(jsonb, uuid, text[]),
private.note_ocr_request_as(jsonb, uuid, text, text)
from public, anon, authenticated, service_role;
grant execute on function
private.begin_own_ocr_request(uuid, text[]),
private.note_own_ocr_request(uuid, text, text)
to authenticated;
grant execute on function
private.begin_ocr_request_as(jsonb, uuid, text[]),
private.note_ocr_request_as(jsonb, uuid, text, text)
to medtime_service;
