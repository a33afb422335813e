-- Luis is Ana's caregiver. Runs as postgres after demo_users.sql; can be repeated. A link that is there already is
-- left as it is, so what somebody tried out with it survives a restart.

insert into public.srv_family_links (supervisor_id, supervised_user_id, status)
select
  'b0b0b0b0-0000-4000-8000-000000000002',
  'a0a0a0a0-0000-4000-8000-000000000001',
  'active'
where not exists (
  select from public.srv_family_links as links
  where
    links.supervisor_id = 'b0b0b0b0-0000-4000-8000-000000000002'
    and links.supervised_user_id = 'a0a0a0a0-0000-4000-8000-000000000001'
);
