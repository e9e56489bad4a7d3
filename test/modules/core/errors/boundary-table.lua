-- errors-and-payloads.md § 4, row by row: over funcs.call, process.exec and EXIT alike.
-- @modules funcs
local events = process.events()
local function arrivals(case)
  local _, called = funcs.call("test:fn", case)
  local _, executed = process.exec("test:process", "app:host", case)
  process.spawn_monitored("test:process", "app:host", case)
  return {called, executed, events:receive().result.error}
end
local expected = {
  boom = {"boom", "Internal", nil}, level0 = {"boom", "Internal", nil, true}, fault = {"attempt to index a nil value", "Internal", nil},
  object = {"m", "Conflict", true, true}, returned = {"m", "Conflict", true, true}, kindless = {"plain", "Internal", nil, true},
  text = {"text", "Internal", false, true}, empty = {"", "Internal", false, true}, fields = {"m", "NotFound", false, true},
  bad_fields = {"m", "Internal", nil, true}, table = {"error object is a table value", "Internal", nil, true},
  tostring = {"shown", "Internal", nil, true}, number = {"42", "Internal", nil, true}, float = {"4.0", "Internal", nil, true}, ["nil"] = {"nil", "Internal", nil, true},
  nothing = {"nil", "Internal", nil, true}, boolean = {"error object is a boolean value", "Internal", nil, true},
  ["function"] = {"error object is a function value", "Internal", nil, true}, userdata = {"error object is a userdata value", "Internal", nil, true},
  require = {"module 'sqlite' not found", "Internal", nil}, wrapped = {"m", "Timeout", nil, true},
}
for case, want in pairs(expected) do
  for i, err in ipairs(arrivals(case)) do
    assert(type(err) == "userdata", case .. i .. ": an object, got " .. type(err))
    if want[4] then assert(err:message() == want[1], case .. i .. ": " .. err:message())
    else assert(err:message():find(want[1], 1, true) and err:message():find("^test:%a+:%d+: "), case .. i .. ": " .. err:message()) end
    assert(err:kind() == want[2] and err:retryable() == want[3], case .. i .. ": " .. err:kind() .. tostring(err:retryable()))
    assert(#err:stack() > 0 and type(errors.call_stack(err).frames) == "table")
    if case == "table" then assert(err:details().code == 7) end
    if case == "object" or case == "fields" then assert(err:details().id == 1, case) end
    if case == "wrapped" then assert(tostring(err) == "outer: m") end
  end
end
-- @entry test:process
-- @imports cases=test:cases
return cases(...)
-- @entry test:fn
-- @kind function.lua
-- @imports cases=test:cases
return cases(...)
-- @entry test:cases
-- @kind library.lua
local object = errors.new{message = "m", kind = errors.CONFLICT, retryable = true, details = {id = 1}}
return function(case)
  if case == "boom" then error("boom") end
  if case == "level0" then error("boom", 0) end
  if case == "fault" then local t = nil; return t.x end
  if case == "object" then error(object) end
  if case == "returned" then return 1, object end
  if case == "kindless" then error(errors.new("plain")) end
  if case == "text" then return 1, "text" end
  if case == "empty" then return nil, "" end
  if case == "fields" then error{message = "m", kind = "NOT_FOUND", retryable = false, details = {id = 1}} end
  if case == "bad_fields" then error{message = "m", kind = 5, retryable = "x", details = "y"} end
  if case == "table" then error{code = 7} end
  if case == "tostring" then error(setmetatable({}, {__tostring = function() return "shown" end})) end
  if case == "number" then error(42) end
  if case == "float" then error(4.0) end
  if case == "nil" then error(nil) end
  if case == "nothing" then error() end
  if case == "boolean" then error(true) end
  if case == "function" then error(print) end
  if case == "userdata" then error(channel.new()) end
  if case == "require" then require("sqlite") end
  if case == "wrapped" then return nil, errors.wrap(errors.new("TIMEOUT", "m"), "outer") end
end
