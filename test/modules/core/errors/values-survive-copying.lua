-- errors-and-payloads.md Checks 5-7, § 5.
-- @modules time
local me, inbox = process.pid(), process.inbox()
local function through(...)
  assert(process.send(me, "t", ...))
  return inbox:receive():payload():data()
end
local shared = {"s"}
local t = {a = shared, b = shared, bytes = "\0\255\254", int = 2, float = 2.0, nan = 0/0, inf = 1/0, [1.5] = "f", [true] = "t"}
t.self = t
local c = through(t)
assert(c ~= t and c.self == c and c.a == c.b and c.a ~= shared, "cycles and shared tables are kept")
assert(c.bytes == "\0\255\254" and math.type(c.int) == "integer" and math.type(c.float) == "float")
assert(c.nan ~= c.nan and c.inf == 1/0 and c[1.5] == "f" and c[true] == "t")
c.a[1] = "changed"
assert(shared[1] == "s", "the receiver's edits do not reach the sender")
local at = {n = 1}
process.send(me, "t", at)
at.n = 2
assert(inbox:receive():payload():data().n == 1, "the copy is taken at the call")
c = through({1, time.now(), 3})
assert(c[1] == 1 and c[2] == nil and c[3] == 3)
assert(through(channel.new()) == nil)
c = through(setmetatable({a = 1}, {__index = {b = 2}}))
assert(c.a == 1 and c.b == nil and getmetatable(c) == nil)
c = through(errors.new{message = "m", kind = "K", retryable = false, details = {1}})
assert(c:message() == "m" and c:kind() == "K" and c:retryable() == false and c:details()[1] == 1)
assert(through({e = errors.new("in")}).e:kind() == "", "the unknown kind is kept inside messages")
local ok, err = process.send(me, "t", {ok = 1, f = print})
assert(ok == nil and err:kind() == "Invalid" and tostring(err):match("'f'") or tostring(err):match("f"), tostring(err))
ok, err = process.send(me, "t", coroutine.create(print))
assert(ok == nil and err:kind() == "Invalid")
ok, err = process.send(me, "t", {[print] = 1})
assert(ok == nil and err:kind() == "Invalid")
assert(channel.select{inbox:case_receive(), default = true}.default, "nothing was delivered")
local deep = {}
for _ = 1, 2000 do deep = {deep} end
ok, err = process.send(me, "t", deep)
assert(ok == nil and err:kind() == "Invalid", tostring(err))
process.send(me, "t", shared, shared)
local both = inbox:receive():payload()
assert(both[1]:data() ~= both[2]:data(), "two arguments do not share")
ok, err = process.send(me, "t", string)
assert(ok == nil and err:kind() == "Invalid", "module tables hold functions")
