-- errors-and-payloads.md § 2, § 4.3: the far side shows the stack of the origin.
-- @modules funcs
local _, err = funcs.call("test:fn")
local stack = errors.call_stack(err)
assert(type(stack.thread) == "string")
assert(stack.frames[1].source == "test:fn" and stack.frames[1].line == 14, stack.frames[1].source .. stack.frames[1].line)
assert(stack.frames[1].name == "deep", stack.frames[1].name)
assert(stack.frames[2].line == 16)
assert(err:stack():match("test:fn:14"), err:stack())
local e = errors.new("here")
assert(errors.call_stack(e).frames[1].line == 10)
-- @entry test:fn
-- @kind function.lua
local function deep() error("boom") end

deep()
