local io = require("io")
local time = require("time")

local function run()
    while not process.registry.lookup("echo") do time.sleep("5ms") end
    local echo, failed = process.listen("echo"), process.listen("failed")
    for _, text in ipairs({ "one", "crash", "two" }) do
        process.send("echo", "say", text)
        local got = channel.select({ echo:case_receive(), failed:case_receive() })
        io.print(got.channel == failed and "failed:" or "echo:", got.value)
    end
end

return { run = run }
