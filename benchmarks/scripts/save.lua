-- One answer a request. Plan line: attempt<TAB>token<TAB>slots<TAB>option ids of every slot ("a,b;c,d").
-- A thread walks all its (attempt, slot) pairs before it comes back to one, so `base` is the number of rounds done.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
require("common")

function init(args)
  attempts = {}
  for _, line in ipairs(read_plan(args[1], tonumber(args[2]))) do
    local id, token, slots, options = line:match("^(%S+)\t(%S+)\t(%d+)\t(%S+)$")
    local by_slot = {}
    for list in options:gmatch("[^;]+") do
      local ids = {}
      for option in list:gmatch("[^,]+") do ids[#ids + 1] = option end
      by_slot[#by_slot + 1] = ids
    end
    attempts[#attempts + 1] = {id = id, token = token, slots = tonumber(slots), options = by_slot}
  end
  at, slot, round, seq = 0, 1, 0, 0
  stamp = tostring(os.time()) .. "-" .. number
  count_done('"applied"')
end

function request()
  at = at + 1
  if at > #attempts then
    at = 1
    slot = slot + 1
    if slot > attempts[1].slots then slot = 1; round = round + 1 end
  end
  seq = seq + 1
  local a = attempts[at]
  local ids = a.options[slot]
  local body = string.format(
    '{"client":"bench","ops":[{"id":"%s-%d","seq":%d,"kind":"answer","slot":%d,"base":%d,"answer":"%s","active_ms":%d}]}',
    stamp, seq, seq, slot, round, ids[round % #ids + 1], 1000 + seq)
  return wrk.format("POST", "/api/attempts/" .. a.id .. "/ops",
    {["X-Attempt-Token"] = a.token, ["Content-Type"] = "application/json"}, body)
end
