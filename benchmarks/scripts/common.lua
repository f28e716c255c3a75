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

function done(summary, latency, requests)
  local short = 0
  for _, thread in ipairs(threads) do short = short + (thread:get("short") or 0) end
  local e = summary.errors
  io.write(string.format("@requests %d\n@duration_us %d\n@p50 %d\n@p95 %d\n@p99 %d\n@errors %d\n@short %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout, short))
end
