-- @expect either
while true do process.spawn("test:idle", "app:host") end
