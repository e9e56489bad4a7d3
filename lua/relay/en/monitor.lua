-- Monitor a WebSocket connection from another process
process.monitor(websocket_pid)

-- Send message to WebSocket client from any process
process.send(websocket_pid, "ws.send", {type = "text", data = "hello"})
