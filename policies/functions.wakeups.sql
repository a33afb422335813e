-- What the sender of wake-ups calls, the edge function push-notify.
--
-- Who may do what, and why
--   service_role executes these two and nothing else of ours: it is told addresses of phones, and never whose they are.
--
-- | function                  | execute      |
-- |---------------------------|--------------|
-- | public.srv_claim_wakeups  | service_role |
-- | public.srv_finish_wakeups | service_role |

revoke all on function
public.srv_claim_wakeups(integer, integer),
public.srv_finish_wakeups(uuid[], text[], integer[])
from public, anon, authenticated, service_role;
grant execute on function
public.srv_claim_wakeups(integer, integer),
public.srv_finish_wakeups(uuid[], text[], integer[])
to service_role;
