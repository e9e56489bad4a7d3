local io = require("io")
local time = require("time")
local funcs = require("funcs")
local registry = require("registry")

local function run()
    local entries = registry.find({ ["meta.type"] = "cron.job" })
    table.sort(entries, function(a, b) return a.meta.order < b.meta.order end)
    local done = channel.new()
    for _, entry in ipairs(entries) do
        coroutine.spawn(function()
            time.sleep(entry.data.every)
            local result, err = funcs.call(entry.data.func, table.unpack(entry.data.args))
            done:send(entry.id .. ": " .. (result or tostring(err)))
        end)
    end
    local lines = {}
    for i = 1, #entries do lines[i] = done:receive() end
    table.sort(lines)
    io.print(table.concat(lines, "\n"))
end

return { run = run }
