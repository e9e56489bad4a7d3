-- @expect killed
-- Quadratic: each of a million openings looks for its end.
return ("("):rep(1000000):find("%b()")
