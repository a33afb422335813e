-- One kind of request of the mix, for wrk: each connection sends one about every LOAD_PAUSE_MS, as phones do, whatever
-- the others wait for. LOAD_REQUESTS holds lines of path, token; LOAD_BLOBS lines of blob, checksum.
local kind = os.getenv("LOAD_KIND")
local pause = tonumber(os.getenv("LOAD_PAUSE_MS"))
local requests, blobs, threads = {}, {}, {}
answered_200, answered_503, answered_else = 0, 0, 0

function setup(thread)
  table.insert(threads, thread)
end

local function lines_of(name)
  local found = {}
  for line in io.lines(os.getenv(name)) do
    local first, second = line:match("^([^\t]*)\t?(.*)$")
    table.insert(found, { first, second })
  end
  return found
end

function init()
  math.randomseed(tonumber(os.getenv("LOAD_SEED")))
  for _, line in ipairs(lines_of("LOAD_REQUESTS")) do
    local headers = { ["Accept"] = "application/json", ["Accept-Encoding"] = "gzip" }
    if line[2] ~= "" then headers["Authorization"] = "Bearer " .. line[2] end
    if kind == "push" then
      headers["Content-Type"] = "application/json"
      table.insert(requests, { line[1], headers })
    else
      table.insert(requests, wrk.format("GET", line[1], headers))
    end
  end
  if kind == "push" then blobs = lines_of("LOAD_BLOBS") end
end

local function new_id()
  return string.format("%08x-%04x-4%03x-8%03x-%06x%06x", math.random(0, 0x7fffffff), math.random(0, 0xffff),
    math.random(0, 0xfff), math.random(0, 0xfff), math.random(0, 0xffffff), math.random(0, 0xffffff))
end

function request()
  local chosen = requests[math.random(#requests)]
  if kind ~= "push" then return chosen end
  local entities = {}
  for _ = 1, 5 do
    local blob = blobs[math.random(#blobs)]
    table.insert(entities, string.format(
      '{"id":"%s","entity_type":"note","base_version":0,"blob":"%s","checksum":"%s"}', new_id(), blob[1], blob[2]))
  end
  local body = '{"device_id":"phone","entities":[' .. table.concat(entities, ",") .. "]}"
  return wrk.format("POST", chosen[1], chosen[2], body)
end

function delay()
  return math.random(0, 2 * pause)
end

function response(status)
  if status == 200 then answered_200 = answered_200 + 1
  elseif status == 503 then answered_503 = answered_503 + 1
  else answered_else = answered_else + 1 end
end

function done(summary, latency)
  local sums = { 0, 0, 0 }
  for _, thread in ipairs(threads) do
    sums[1] = sums[1] + thread:get("answered_200")
    sums[2] = sums[2] + thread:get("answered_503")
    sums[3] = sums[3] + thread:get("answered_else")
  end
  local errors = summary.errors
  print(string.format(
    '\nLOAD {"seconds":%f,"ok":%d,"shed":%d,"other":%d,"broken":%d,"p50":%f,"p95":%f,"p99":%f,"longest":%f}',
    summary.duration / 1e6, sums[1], sums[2], sums[3],
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
