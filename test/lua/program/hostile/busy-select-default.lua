-- @expect killed
local ch = channel.new()
while true do channel.select({ ch:case_receive(), default = true }) end
