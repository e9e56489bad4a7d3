local work = {
    double = function(n) return n * 2 end,
    keep_thirds = function(n) if n % 3 == 0 then return n end end,
    label = function(n) return "item " .. n end,
}

-- One stage: applies its work to what comes in and hands on what is left.
local function run(name, next_stage)
    local items, stop = process.listen("item"), process.listen("end")
    while true do
        local got = channel.select({ items:case_receive(), stop:case_receive() })
        if got.channel == stop then
            process.send(next_stage, "end")
            return
        end
        local result = work[name](got.value)
        if result ~= nil then process.send(next_stage, "item", result) end
    end
end

return { run = run }
