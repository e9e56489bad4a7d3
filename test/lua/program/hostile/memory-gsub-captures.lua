-- @expect error: resulting string too large
return ("x"):rep(1e5):gsub(".+", ("%0"):rep(1000))
