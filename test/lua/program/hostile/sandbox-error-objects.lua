-- @expect ok
local ok, err = pcall(error, setmetatable({}, { __index = function() while false do end return "deep" end }))
assert(not ok and type(err) == "table")
for _, value in ipairs { 1, "s", true, {}, print } do
  local caught, same = pcall(error, value, 0)
  assert(not caught and same == value)
end
