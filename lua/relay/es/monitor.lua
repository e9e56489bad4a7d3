-- Monitorear una conexion WebSocket desde otro proceso
process.monitor(websocket_pid)

-- Enviar mensaje a cliente WebSocket desde cualquier proceso
process.send(websocket_pid, "ws.send", {type = "text", data = "hello"})
