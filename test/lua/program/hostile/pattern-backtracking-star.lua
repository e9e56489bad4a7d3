-- @expect killed
return pcall(string.match, ("a"):rep(200), (".*"):rep(8) .. "b")
