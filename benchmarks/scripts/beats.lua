-- One beat a request. Plan line: session<TAB>token. Arguments: plan, threads, first beat of this run.
-- A thread walks all its sessions before it comes back to one; each beat claims half a second more of
-- watching, about the time that passes between two beats of a session, so that coverage grows as it does in life.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
require("common")

function init(args)
  sessions = {}
  for _, line in ipairs(read_plan(args[1], tonumber(args[2]))) do
    local id, token = line:match("^(%S+)\t(%S+)$")
    sessions[#sessions + 1] = {
      path = "/api/study/" .. id .. "/beats",
      headers = {["X-Study-Token"] = token, ["Content-Type"] = "application/json"},
    }
  end
  at, beat = 0, tonumber(args[3])
end

function request()
  -- wrk's first thread asks once to see what a request looks like, and does not send it.
  if number == 0 and not asked then
    asked = true
    return format(1, beat)
  end
  at = at + 1
  if at > #sessions then
    at = 1
    beat = beat + 1
  end
  return format(at, beat)
end

function format(at, beat)
  local s, ms = sessions[at], beat * 500
  local from = (ms - 500) / 1000 % 1200
  local body = string.format(
    '{"seq":%d,"elapsed_ms":%d,"active_ms":%d,"visible_ms":%d,"media":[[%.1f,%.1f]],"rate":1,"late":false}',
    beat, ms, ms, ms, from, from + 0.5)
  return wrk.format("POST", s.path, s.headers, body)
end
