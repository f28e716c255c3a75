-- Each line of the plan is sent once: path<TAB>header<TAB>value<TAB>body. A thread that has sent all of its lines stops.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
require("common")

function init(args)
  lines = read_plan(args[1], tonumber(args[2]))
  at = 0
  count_done()
end

function request()
  at = at + 1
  if at > #lines then
    wrk.thread:stop()
    at = #lines
  end
  local path, header, value, body = lines[at]:match("^([^\t]+)\t([^\t]+)\t([^\t]+)\t(.*)$")
  return wrk.format("POST", path, {[header] = value, ["Content-Type"] = "application/json"}, body)
end
