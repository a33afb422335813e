-- Runs a statement as a role with claims, tells what came of it, and takes it back. Lives in the session's own schema.
create or replace function pg_temp.medtime_probe(
  caller name, claims text, statement text, watched bigint,
  out state text, out message text, out amount bigint, out answer jsonb, out touched jsonb
)
language plpgsql
as $$
declare
  stage text := 'become';
begin
  perform set_config('request.jwt.claims', claims, true), set_config('role', caller, true);
  stage := 'run';
  if watched is null then
    execute statement into answer;
  else
    execute statement;
    get diagnostics amount = row_count;
    perform set_config('role', 'none', true);
    stage := 'look';
    -- A row that was changed or removed is no longer at its old place.
    execute format(
      'select jsonb_agg(r.owners) from pg_temp.medtime_rows as r '
      || 'where r.relation = $1 and not exists (select from %s as t where t.ctid = r.place)',
      watched::oid::regclass
    ) into touched using watched;
  end if;
  raise exception using errcode = 'ZZ000', message = 'taken back';
exception
  when sqlstate 'ZZ000' then
    state := 'done';
  when others then
    state := case stage when 'run' then sqlstate else stage end;
    message := sqlerrm;
end
$$
