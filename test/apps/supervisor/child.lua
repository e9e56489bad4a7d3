-- Fails at its first two lives, works in the third.
local function run(life)
    if life < 3 then error("life " .. life .. " is over") end
    return "life " .. life .. " went well"
end

return { run = run }
