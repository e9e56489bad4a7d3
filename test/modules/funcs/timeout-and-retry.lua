-- @modules funcs, time
-- concurrency.md § 9.6, modules.md § 33
local funcs = require("funcs")
local time = require("time")
local value, err = funcs.new():with_options({timeout = 50}):call("test:slow")
assert(value == nil and err:kind() == errors.TIMEOUT and err:retryable() == true, "timeout")
value, err = funcs.new():with_options({timeout = "2s"}):call("test:slow")
assert(value == "done" and err == nil, "in time")
local future = funcs.new():with_options({timeout = "50ms"}):async("test:slow")
assert(future:response():receive():kind() == errors.TIMEOUT, "futures too")

process.registry.register("counter")
local attempts = 0
local inbox = process.listen("attempt")
coroutine.spawn(function() while select(2, inbox:receive()) do attempts = attempts + 1 end end)
local retry = {max_attempts = 3, initial_delay = 10}
local function try(options, ...)
  attempts = 0
  local result, failure = funcs.new():with_options(options):call("test:flaky", ...)
  time.sleep("1ms")
  return result, failure
end
value, err = try({retry = retry}, errors.UNAVAILABLE, true)
assert(err:kind() == errors.UNAVAILABLE and attempts == 3, "three attempts in all, got " .. attempts)
try({retry = retry}, errors.UNAVAILABLE, false)
assert(attempts == 1, "not when the failure says it is final")
try({retry = retry}, errors.CANCELED, true)
assert(attempts == 1, "not when canceled")
try({retry = {max_attempts = 3, initial_delay = "1ms", retry_kinds = {"TIMEOUT"}}}, errors.UNAVAILABLE, true)
assert(attempts == 1, "only the kinds asked for")
try({retry = {max_attempts = 3, initial_delay = "1ms", skip_kinds = {errors.UNAVAILABLE}}}, errors.UNAVAILABLE, true)
assert(attempts == 1, "not the kinds excluded")
try({}, errors.UNAVAILABLE, true)
assert(attempts == 1, "no retry unless asked for")
local before = time.now()
try({timeout = 30, retry = {max_attempts = 100, initial_delay = 10, backoff_factor = 1}}, errors.UNAVAILABLE, true)
assert(attempts < 10 and time.now():sub(before):milliseconds() < 60, "the timeout holds for all attempts together")

local executor, why = funcs.new():with_options({timeout = "soon"})
assert(executor == nil and why:kind() == errors.INVALID, "bad options are refused")
assert(funcs.new():with_options({unknown = 1}):call("test:slow") == "done", "unknown ones are ignored")
assert(not pcall(function() funcs.new():with_options("x") end), "options are a table")

-- @entry test:slow
-- @kind function.lua
-- @modules time
require("time").sleep("1s")
return "done"

-- @entry test:flaky
-- @kind function.lua
local kind, retryable = ...
process.send("counter", "attempt")
return nil, errors.new{message = "flaky", kind = kind, retryable = retryable}
