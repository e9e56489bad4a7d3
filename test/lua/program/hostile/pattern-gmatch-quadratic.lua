-- @expect killed
for _ in ("a"):rep(1000000):gmatch(".-b") do end
