-- @expect ok
local t = {} t.t = t
for i = 1, 100 do t[i] = t end
assert(process.send(process.pid(), "cycle", t))
local deep = {}
for _ = 1, 2000 do deep = { deep } end
local ok, err = process.send(process.pid(), "deep", deep)
assert(not ok and err:kind() == errors.INVALID)
