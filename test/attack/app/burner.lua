-- Programs without manners. Each lives a few seconds or until its budget is gone.
local ways = {}

function ways.loop()
    local n = 0
    for _ = 1, 20000000 do n = n + 1 end
end

function ways.tables()
    for _ = 1, 20 do
        local all = {}
        for i = 1, 100000 do all[i] = { i, tostring(i) } end
    end
end

function ways.text()
    local all = "x"
    for _ = 1, 64 do all = all .. all end
end

-- Until its own mailbox is full.
function ways.sends()
    local me = process.pid()
    for i = 1, 200000 do process.send(me, "note", i) end
end

-- Each starts another one and goes.
function ways.spawns()
    for _ = 1, 2000 do process.spawn("attack:burner", "attack:processes", "nothing") end
end

function ways.nothing() end

local function main(how)
    process.set_options({ trap_links = false })
    ways[how]()
end

return { main = main }
