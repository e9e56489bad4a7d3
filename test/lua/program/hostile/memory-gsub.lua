-- @expect error: resulting string too large
return ("x"):rep(1e6):gsub("x", ("y"):rep(1e6))
