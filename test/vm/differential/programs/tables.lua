-- Lua 5.3 manual § 2.1, § 3.4.7, § 6.1 next: length, traversal and change (vm.md X5).
local t = {} for i = 1, 20 do t[i] = i end print(#t)
for i = 20, 11, -1 do t[i] = nil end print(#t)
t[#t + 1] = "x" print(#t, t[11])
t = {1, 2, 3, nil} print(#t) t = {nil, nil, 3} print(#t) t = {n = 1, 10, 20} print(#t, t.n)
t = {f = 1, (function() return 1, 2, 3 end)()} print(#t) t = {(function() return 1, 2, 3 end)(), 9} print(#t)
t = {((function() return 1, 2, 3 end)())} print(#t)
-- assigning to existing fields while traversing
t = {} for i = 1, 100 do t["k" .. i] = i end
local sum, count = 0, 0
for k, v in pairs(t) do t[k] = v * 2 sum = sum + v count = count + 1 end print(sum, count)
-- clearing while traversing
count = 0 for k in pairs(t) do t[k] = nil count = count + 1 end print(count, next(t))
for i = 1, 50 do t[i] = i t["s" .. i] = i end
count = 0 for k in pairs(t) do t[k] = nil count = count + 1 end print(count, next(t), #t)
-- clearing others while traversing
for i = 1, 50 do t[i] = i end count = 0
for k in pairs(t) do count = count + 1 for j = 1, 50 do if j ~= k then t[j] = nil end end end print(count)
print(pcall(next, {}, "nope")) print(pcall(next, {1, 2, 3}, 4)) print(next({}), next({5}), next({5}, 1))
-- growth from both ends and holes filled later
t = {} for i = 10, 1, -1 do t[i] = i end print(#t) t = {} t[2] = 2 t[1] = 1 t[4] = 4 t[3] = 3 print(#t)
t = {} for i = 1, 1000 do t[i] = i end for i = 1, 1000 do t[i] = nil end print(#t, next(t))
t = {} for i = -5, 5 do t[i] = i end print(#t, t[-5], t[0], t[5])
t = {10, 20, 30} t[2.0] = "two" print(t[2], #t) t[4.0] = 40 print(#t, t[4])
-- ipairs stops at nil and respects __index
for i, v in ipairs({1, 2, nil, 4}) do print(i, v) end
for i, v in ipairs(setmetatable({}, {__index = function(_, i) if i < 4 then return i * i end end})) do print(i, v) end
-- nested, self reference
t = {} t.t = t print(t.t.t.t == t, rawequal(t, t.t), rawlen({1, 2}), rawget(t, "t") == t)
-- many string keys
t = {} for i = 1, 5000 do t["key" .. i] = i end for i = 1, 5000, 2 do t["key" .. i] = nil end
count = 0 for _ in pairs(t) do count = count + 1 end print(count, t.key2, t.key1)
print(table.unpack({1, 2, 3})) print(table.unpack({1, 2, 3}, 2)) print(table.unpack({1, 2, 3}, 2, 3)) print((table.unpack({1, 2})))
print(select("#", table.unpack({}, 1, 3))) print(pcall(table.unpack, {}, 1, 1e7)) print(pcall(table.unpack, {}, 1, math.maxinteger))
print(table.unpack({}, math.maxinteger, math.maxinteger)) print(table.pack().n, table.pack(nil).n, table.pack(1, nil).n)
t = {} table.insert(t, "a") table.insert(t, 1, "b") table.insert(t, 2, "c") print(table.concat(t, ","), #t)
print(table.remove(t), table.remove(t, 1), table.remove(t), table.remove(t), #t) print(table.remove({}, 0), table.remove({n = 1}))
print(pcall(table.insert, {1, 2}, 5, 1)) print(pcall(table.insert, {1, 2}, 0, 1)) print(pcall(table.insert, {})) print(pcall(table.remove, {1, 2}, 5))
print(table.concat({1, 2.5, "x"}, "-"), table.concat({}, "x"), table.concat({1, 2, 3}, ", ", 2, 3), table.concat({1}, "x", 2))
print(pcall(table.concat, {1, {}, 3})) print(pcall(table.concat, {1, nil, 3}, "", 1, 3)) print(pcall(table.concat, {true}))
print(table.concat(table.move({1, 2, 3}, 1, 3, 2), ",")) print(table.concat(table.move({1, 2, 3}, 2, 3, 1), ","))
print(table.concat(table.move({1, 2, 3}, 1, 3, 1, {9, 9, 9, 9}), ",")) print(#table.move({1, 2, 3}, 1, 0, 5))
t = {5, 2, 8, 1, 9, 3} table.sort(t) print(table.concat(t, " ")) table.sort(t, function(a, b) return a > b end) print(table.concat(t, " "))
t = {"b", "a", "C", "\255", "", "aa"} table.sort(t) print(table.concat(t, "|"))
print(pcall(table.sort, {1, "x"})) print(pcall(table.sort, {{}, {}})) print(pcall(table.sort, {3, 2, 1}, 1))
t = {} for i = 1, 200 do t[i] = (i * 7919) % 211 end table.sort(t) for i = 2, 200 do assert(t[i - 1] <= t[i]) end
t = {} for i = 1, 100 do t[i] = {i % 7, i} end table.sort(t, function(a, b) return a[1] < b[1] end)
local parts = {} for i = 1, 100 do parts[i] = t[i][1] .. ":" .. t[i][2] end print(table.concat(parts, " "))
