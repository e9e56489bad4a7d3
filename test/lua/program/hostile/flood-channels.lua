-- @expect killed
local all = {}
while true do all[#all % 1000 + 1] = channel.new(1000000) end
