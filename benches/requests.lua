-- The requests of a wrk run: `wrk … -s requests.lua URL -- FILE STATUSES MODE`. FILE has one request per line, written by
-- scripts/bench_run.py: method, path, headers and bodies, separated by tabs. MODE is `count` (count responses with none of
-- STATUSES), `save` (the same, and send each note's current ETag as If-Match) or `plain` (read no response, which is cheapest).
-- The last line of the output is JSON.
local requests, index, threads = {}, 0, {}
local notes, first, last = {}, 1, 0
unexpected, unexpected_status = 0, 0

local function parse(line)
  local fields = {}
  for field in (line .. "\t"):gmatch("(.-)\t") do fields[#fields + 1] = field end
  local headers = {}
  for name, value in fields[3]:gmatch("([^|=]+)=([^|]*)") do headers[name] = value end
  return { method = fields[1], path = fields[2], headers = headers, bodies = { unpack(fields, 4) } }
end

local function format(request, body)
  return wrk.format(request.method, request.path, request.headers, body)
end

-- A save may not be sent before the response to the previous save of its note, which has the new ETag.
local function next_save()
  local note = notes[first]
  if not note then error("no note is left to save; unexpected statuses: " .. unexpected) end
  notes[first], first = nil, first + 1
  -- The bodies alternate with the version, so that each save changes the text.
  local version = tonumber(note.headers["If-Match"]:match("%d+"))
  return format(note, note.bodies[version % #note.bodies + 1])
end

local function queue(note)
  last = last + 1
  notes[last] = note
end

local function next_request()
  index = index % #requests + 1
  return requests[index]
end

function init(args)
  local file, mode = args[1], args[3]
  local expected, by_id = {}, {}
  for status in args[2]:gmatch("%d+") do expected[tonumber(status)] = true end
  for line in io.lines(file) do
    local parsed = parse(line)
    if mode == "save" then
      by_id[parsed.path:match("[^/]+$")] = parsed
      queue(parsed)
    else
      requests[#requests + 1] = format(parsed, parsed.bodies[1])
    end
  end
  request = mode == "save" and next_save or next_request
  if mode == "plain" then return end
  -- wrk parses headers and bodies only if this function exists.
  function response(status, headers, body)
    if not expected[status] then
      unexpected, unexpected_status = unexpected + 1, status
    elseif mode == "save" then
      local note = by_id[body:match('"id":"([^"]+)"')]
      note.headers["If-Match"] = headers["etag"]
      queue(note)
    end
  end
end

function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency)
  local errors, wrong, status = summary.errors, 0, 0
  for _, thread in ipairs(threads) do
    wrong, status = wrong + thread:get("unexpected"), math.max(status, thread:get("unexpected_status"))
  end
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"refused":%d,"unexpected":%d,"unexpected_status":%d,"broken":%d,' ..
    '"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status, wrong, status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
