-- Never waits: what others get beside it is the scheduler's doing.
local function main()
  while true do end
end

return { main = main }
