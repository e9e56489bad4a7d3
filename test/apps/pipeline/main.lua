local io = require("io")

-- Four stages: this one produces and collects, three in between transform.
local function run()
    local items, stop = process.listen("item"), process.listen("end")
    local target = process.pid()
    for _, name in ipairs({ "label", "keep_thirds", "double" }) do
        target = process.spawn("app:stage", "app:processes", name, target)
    end
    for n = 1, 12 do process.send(target, "item", n) end
    process.send(target, "end")
    local seen = {}
    while true do
        local got = channel.select({ items:case_receive(), stop:case_receive() })
        if got.channel == stop then break end
        seen[#seen + 1] = got.value
    end
    io.print(table.concat(seen, ", "))
end

return { run = run }
