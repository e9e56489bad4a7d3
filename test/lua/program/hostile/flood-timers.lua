-- @modules time
-- @expect either
while true do time.after("1h") end
