-- One answer a request. Plan line: attempt<TAB>token<TAB>option ids of every slot ("a,b;c,d").
-- Arguments: plan, threads, first and last slot of this run, longest think time in ms (0: none).
-- A thread walks all its (attempt, slot) pairs before it comes back to one, so `base` is the number of rounds done;
-- every run has slots of its own, so it begins at 0.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
require("common")

function init(args)
  attempts = {}
  for _, line in ipairs(read_plan(args[1], tonumber(args[2]))) do
    local id, token, options = line:match("^(%S+)\t(%S+)\t(%S+)$")
    local by_slot = {}
    for list in options:gmatch("[^;]+") do
      local ids = {}
      for option in list:gmatch("[^,]+") do ids[#ids + 1] = option end
      by_slot[#by_slot + 1] = ids
    end
    attempts[#attempts + 1] = {
      path = "/api/attempts/" .. id .. "/ops", options = by_slot,
      headers = {["X-Attempt-Token"] = token, ["Content-Type"] = "application/json"},
    }
  end
  first, last = tonumber(args[3]), tonumber(args[4])
  local longest = tonumber(args[5])
  if longest > 0 then
    math.randomseed(number + 1)
    delay = function() return math.random(0, longest) end
  end
  at, slot, round, seq = 0, first, 0, 0
  stamp = first .. "-" .. number
end

function request()
  -- wrk's first thread asks once to see what a request looks like, and does not send it.
  if number == 0 and not asked then
    asked = true
    return format(1, first, 0, 0)
  end
  at = at + 1
  if at > #attempts then
    at = 1
    slot = slot + 1
    if slot > last then slot = first; round = round + 1 end
  end
  seq = seq + 1
  return format(at, slot, round, seq)
end

function format(at, slot, round, seq)
  local a = attempts[at]
  local ids = a.options[slot]
  local body = string.format(
    '{"client":"bench","ops":[{"id":"%s-%d","seq":%d,"kind":"answer","slot":%d,"base":%d,"answer":"%s","active_ms":%d}]}',
    stamp, seq, seq, slot, round, ids[round % #ids + 1], 1000 + round)
  return wrk.format("POST", a.path, a.headers, body)
end
