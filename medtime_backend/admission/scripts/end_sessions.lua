-- Ends sessions of a user for all instances at once: what was noted of them goes, and what was read before counts no more.
-- KEYS  the user's hash of sessions
-- ARGV  scope (local, others, global), the session's id, how long a reading before this may still arrive (ms)
local scope, id = ARGV[1], ARGV[2]
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= 'generation' and (scope == 'global' or (scope == 'local') == (field == id)) then
    redis.call('HDEL', KEYS[1], field)
  end
end
redis.call('HINCRBY', KEYS[1], 'generation', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
