-- Programs without manners. Each lives a few seconds or until its budget is gone.
local ways = {}

function ways.loop()
    local n = 0
    for _ = 1, 300000000 do n = n + 1 end
end

function ways.tables()
    local all = {}
    for i = 1, 100000000 do all[i] = { i, tostring(i) } end
end

function ways.text()
    local all = "x"
    for _ = 1, 64 do all = all .. all end
end

function ways.sends()
    local me = process.pid()
    for i = 1, 1000000 do process.send(me, "note", string.rep("n", 1000)) end
end

local function main(how)
    process.set_options({ trap_links = false })
    ways[how]()
end

return { main = main }
