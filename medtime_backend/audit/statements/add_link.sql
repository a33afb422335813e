insert into public.srv_family_links (supervisor_id, supervised_user_id, status) values ($1, $2, $3)
