-- Send text message
process.send(client_pid, "ws.send", {
    type = "text",
    data = json.encode({event = "update", value = 42})
})

-- Send binary
process.send(client_pid, "ws.send", {
    type = "binary",
    data = binary_content
})

-- Close connection
process.send(client_pid, "ws.close", {
    code = 1000,
    reason = "Session ended"
})
