-- @expect ok
-- The mailbox of somebody who never reads is full some day; the sender is told.
local refused
for i = 1, 200000 do
  local ok, err = process.send(process.pid(), "flood", i)
  if not ok then refused = err break end
end
assert(refused ~= nil, "the mailbox has an end")
