-- A cleanup with a short age must not let a sealed image be read a second time: the ids of OCR requests stay for the usual
-- time, which is longer than any key is accepted. All else of the function is as it was.
create or replace function private.remove_aged(
  kind text, cutoff timestamptz, max_rows integer, not_before timestamptz,
  out seen bigint, out removed bigint, out reached timestamptz
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  newest timestamptz;
  -- In seconds: with days, the hour would depend on the session's time zone.
  usual constant interval := make_interval(secs => extract(epoch from private.retention()));
begin
  case kind
    when 'tombstones' then
      select
        count(*) filter (where t.place <= max_rows),
        max(t.deleted_at) filter (where t.place <= max_rows),
        coalesce(max(t.deleted_at) filter (where t.place > max_rows), cutoff)
      into seen, newest, reached
      from (
        select e.deleted_at, row_number() over (order by e.deleted_at) as place
        from public.srv_encrypted_entities as e
        where e.deleted_at >= not_before and e.deleted_at < cutoff
        order by e.deleted_at
        limit max_rows + 1
      ) as t;
      removed := private.purge_tombstones(newest + interval '1 microsecond', max_rows, not_before);
      -- More of one moment than a batch holds, and all that it saw are passed over.
      if removed = 0 and reached = not_before then
        reached := reached + interval '1 microsecond';
      end if;
      return;
    -- Also those that never ended: a request lasts for seconds. Never the young ones, whatever the age: a key is accepted for
    -- less than the usual time, and as long as it is, a sealed image must not be read again under the same id.
    when 'ocr_requests' then
      with aged as (
        select r.id
        from public.srv_ocr_requests as r
        where r.created_at >= not_before and r.created_at < least(cutoff, now() - usual)
        order by r.created_at
        limit max_rows
        for update skip locked
      ),

      gone as (
        delete from public.srv_ocr_requests as r using aged as a where r.id = a.id returning r.created_at as at
      )

      select count(*), max(g.at) into removed, reached from gone as g;
    -- Sent ones are removed when they are sent; what nobody sent for so long says nothing any more. The device stays, and
    -- the next write queues it again.
    when 'wake_ups' then
      with aged as (
        select o.user_id, o.device_id
        from public.srv_push_outbox as o
        where
          o.queued_at >= not_before and o.queued_at < cutoff
          and coalesce(o.leased_until < clock_timestamp(), true)
        order by o.queued_at
        limit max_rows
        for update skip locked
      ),

      gone as (
        delete from public.srv_push_outbox as o using aged as a
        where o.user_id = a.user_id and o.device_id = a.device_id
        returning o.queued_at as at
      )

      select count(*), max(g.at) into removed, reached from gone as g;
    when 'invitations' then
      with aged as (
        select l.id
        from public.srv_family_links as l
        where l.status = 'pending' and l.expires_at >= not_before and l.expires_at < cutoff
        order by l.expires_at
        limit max_rows
        for update skip locked
      ),

      gone as (
        delete from public.srv_family_links as l using aged as a where l.id = a.id returning l.expires_at as at
      )

      select count(*), max(g.at) into removed, reached from gone as g;
    -- Declined, taken back, revoked.
    when 'ended_links' then
      with aged as (
        select l.id
        from public.srv_family_links as l
        where l.status = 'revoked' and l.updated_at >= not_before and l.updated_at < cutoff
        order by l.updated_at
        limit max_rows
        for update skip locked
      ),

      gone as (
        delete from public.srv_family_links as l using aged as a where l.id = a.id returning l.updated_at as at
      )

      select count(*), max(g.at) into removed, reached from gone as g;
  end case;
  seen := removed;
end
$$;
