-- @expect error: resulting string too large
local big, list = ("x"):rep(1e6), {}
for i = 1, 1000 do list[i] = big end
return table.concat(list)
