-- The two functions that the receiver of the relay guide calls and leaves to the application.
local json = require("json")

--- Answers one client message with an update event that carries it back.
function handle_message(client_pid, content)
    process.send(client_pid, "ws.send", {
        type = "text",
        data = json.encode({event = "update", value = content})
    })
end

--- Ends this process: it serves one connection, and that one is gone. Closing the inbox makes the receiver's
--- loop see the end and return.
function cleanup(_client_pid)
    process.unlisten(process.inbox())
end
