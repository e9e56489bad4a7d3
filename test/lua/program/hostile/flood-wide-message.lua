-- @expect either
local row = {}
for i = 1, 100000 do row[i] = i end
while true do
  if not process.send(process.pid(), "wide", row) then break end
end
