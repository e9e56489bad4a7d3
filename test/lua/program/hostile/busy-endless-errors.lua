-- @expect killed
while true do pcall(error, {}) end
