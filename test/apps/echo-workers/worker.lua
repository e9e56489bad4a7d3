local function run(client, text)
    if text == "crash" then error("asked to") end
    process.send(client, "echo", text)
end

return { run = run }
