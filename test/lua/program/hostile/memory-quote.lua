-- @expect error: resulting string too large
return string.format("%q", ("\0"):rep(6e7))
