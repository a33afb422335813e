-- private.epoch: one row, the random id of this database's history.
--
-- Who may do what, and why
--   Every user may know the epoch: each clock carries it. Only the operator renews it, after a restore.
--
-- rows belong to: nobody
-- columns: singleton boolean, epoch uuid, started_at timestamptz
-- triggers: none
-- sample: none
--
-- | persona    | select | insert | update | delete | truncate |
-- |------------|--------|--------|--------|--------|----------|
-- | every user | public | -      | -      | -      | -        |

alter table private.epoch enable row level security;
alter table private.epoch force row level security;

revoke all on table private.epoch from public, anon, authenticated, service_role;
grant select on table private.epoch to authenticated;

create policy "any user may know the epoch" on private.epoch for select to authenticated
using ((select auth.uid()) is not null);
