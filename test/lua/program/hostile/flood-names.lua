-- @expect either
for i = 1, 1e7 do
  local ok = process.registry.register("name" .. i)
  if not ok then break end
end
