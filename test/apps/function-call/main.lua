local io = require("io")
local funcs = require("funcs")

local function run()
    local quotient = funcs.call("app:divide", 7, 2)
    io.print("7 // 2 =", quotient)
    local _, err = funcs.call("app:divide", 7, 0)
    io.print(err:kind(), err:message(), err:details().dividend)

    local futures = {}
    for i = 1, 5 do futures[i] = funcs.async("app:divide", 100, i) end
    local results = {}
    for i, future in ipairs(futures) do
        local payload = future:response():receive()
        results[i] = payload:data()
    end
    io.print(table.concat(results, " "))

    local _, missing = funcs.call("app:divde", 1, 1)
    io.print(missing:kind())
end

return { run = run }
