-- Lets one request in, or says why not: windows of hits by address, then the session, then the user's window.
-- One key holds the last hits of a window as milliseconds, newest first, never more than its limit: the window slides
-- exactly, a refused request leaves no trace, and the oldest hit tells when there is room again.
--
-- KEYS  before * windows by address, then, if a session is asked for, its user's hash of sessions and the user's windows
-- ARGV  span (ms), windows by address, a limit for each window of KEYS, then for a session: its id, the state to note
--       ('' for none), the generation under which that was read, how long it holds (ms)
-- gives {'ok', remaining, reset (ms)} of the last window, {'full', number of the window, reset (ms)},
--       {'unknown', generation} for a session that is not known, {'closed', state} for one that is not live
local span = tonumber(ARGV[1])
local before = tonumber(ARGV[2])
local with_session = #KEYS > before
local windows = with_session and #KEYS - 1 or #KEYS
local time = redis.call('TIME')
local clock = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function key_of(window)
  return window <= before and KEYS[window] or KEYS[window + 1]
end

-- A clock that steps back a little must not empty a window early; after a long step it begins anew, so that nobody waits
-- for longer than its span.
local function now_of(key)
  local newest = tonumber(redis.call('LINDEX', key, 0) or clock)
  if newest > clock + span then
    redis.call('DEL', key)
    newest = clock
  end
  return math.max(clock, newest)
end

-- Sessions are noted for as long as any of the user's is: those of the past must not pile up.
local function forget_old(sessions)
  if redis.call('HLEN', sessions) <= 32 then
    return
  end
  local fields = redis.call('HGETALL', sessions)
  for index = 1, #fields, 2 do
    local till = string.match(fields[index + 1], ' (%d+)$')
    if till and tonumber(till) <= clock then
      redis.call('HDEL', sessions, fields[index])
    end
  end
end

local function used(key, now)
  local oldest = redis.call('LINDEX', key, -1)
  while oldest and tonumber(oldest) <= now - span do
    redis.call('RPOP', key)
    oldest = redis.call('LINDEX', key, -1)
  end
  return redis.call('LLEN', key), oldest and tonumber(oldest) + span - now or span
end

local remaining, reset = -1, 0
local function pass(first, last)
  for window = first, last do
    local key = key_of(window)
    local count, room = used(key, now_of(key))
    if count >= tonumber(ARGV[2 + window]) then
      return { 'full', window, room }
    end
  end
  for window = first, last do
    local key = key_of(window)
    local now = now_of(key)
    redis.call('LPUSH', key, now)
    redis.call('PEXPIRE', key, span)
    local count, room = used(key, now)
    remaining, reset = tonumber(ARGV[2 + window]) - count, room
  end
end

local refused = pass(1, before)
if refused then
  return refused
end
if with_session then
  local sessions = KEYS[before + 1]
  local id, state, generation, age = unpack(ARGV, 3 + windows, 6 + windows)
  local current = redis.call('HGET', sessions, 'generation')
  local known = redis.call('HGET', sessions, id)
  local till = known and tonumber(string.match(known, ' (%d+)$')) or 0
  if till > clock and till <= clock + tonumber(age) then
    state = string.match(known, '^%S+')
  elseif state == '' or generation ~= current then
    -- What was read before sessions were ended, or before this server forgot everything, must not bring one back: so
    -- generations begin with the time, and never twice alike.
    if not current then
      current = string.format('%.0f', clock)
      redis.call('HSET', sessions, 'generation', current)
      redis.call('PEXPIRE', sessions, 2 * age)
    end
    return { 'unknown', current }
  else
    forget_old(sessions)
    redis.call('HSET', sessions, id, state .. ' ' .. string.format('%.0f', clock + tonumber(age)))
    redis.call('PEXPIRE', sessions, 2 * age)
  end
  if state ~= 'live' then
    return { 'closed', state }
  end
  refused = pass(before + 1, windows)
  if refused then
    return refused
  end
end
return { 'ok', remaining, reset }
