-- private.cleanup_runs: the last runs of the cleanup: when, by whom, how many rows of each kind were removed.
--
-- Who may do what, and why
--   Only the operator reads it. The cleanup's own functions write; the service asks cleanup_last_success for one moment.
--
-- rows belong to: nobody
-- columns: id uuid, ran_by text, cutoff timestamptz, started_at timestamptz, worked_at timestamptz, ended_at timestamptz,
--   outcome text, removed jsonb, passed_over bigint, step integer, round integer, reached timestamptz
-- triggers: none
-- sample: insert into private.cleanup_runs (id, ran_by, cutoff, ended_at, outcome)
--   values ($1, 'sql', now(), now(), 'done')
--
-- | persona  | select | insert | update | delete | truncate |
-- |----------|--------|--------|--------|--------|----------|
-- | everyone | -      | -      | -      | -      | -        |

alter table private.cleanup_runs enable row level security;
alter table private.cleanup_runs force row level security;

revoke all on table private.cleanup_runs from public, anon, authenticated, service_role;
