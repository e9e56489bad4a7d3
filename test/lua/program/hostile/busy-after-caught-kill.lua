-- @expect killed
-- A limit that is an error could be caught and the loop begun anew, for ever.
local function hog() while true do end end
while true do
  pcall(hog)
  xpcall(hog, hog)
  pcall(coroutine.wrap(hog))
  pcall(pcall, pcall, hog)
end
