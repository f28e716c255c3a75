-- Each line of the plan is sent once: path<TAB>header<TAB>value<TAB>body. `short` counts the requests that had no line
-- left: such a run measured nothing.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
require("common")

function init(args)
  lines = read_plan(args[1], tonumber(args[2]))
  at, short = 0, 0
end

function request()
  at = at + 1
  if at > #lines then
    at = #lines
    short = short + 1
  end
  local path, header, value, body = lines[at]:match("^([^\t]+)\t([^\t]+)\t([^\t]+)\t(.*)$")
  return wrk.format("POST", path, {[header] = value, ["Content-Type"] = "application/json"}, body)
end
