-- Shared by every script: reads the plan (one request a line), gives each thread its own share, prints the summary.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function read_plan(path, count)
  local lines, i = {}, 0
  for line in io.lines(path) do
    if i % count == number then lines[#lines + 1] = line end
    i = i + 1
  end
  return lines
end

function count_done(body_mark)
  done_count = 0
  response = function(status, headers, body)
    if status >= 200 and status < 300 and (not body_mark or string.find(body, body_mark, 1, true)) then
      done_count = done_count + 1
    end
  end
end

function done(summary, latency, requests)
  local total = 0
  for _, thread in ipairs(threads) do total = total + (thread:get("done_count") or 0) end
  local e = summary.errors
  io.write(string.format("@requests %d\n@duration_us %d\n@p50 %d\n@p95 %d\n@p99 %d\n@errors %d\n@done %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout, total))
end
