-- Enviar mensaje de texto
process.send(client_pid, "ws.send", {
    type = "text",
    data = json.encode({event = "update", value = 42})
})

-- Enviar binario
process.send(client_pid, "ws.send", {
    type = "binary",
    data = binary_content
})

-- Cerrar conexion
process.send(client_pid, "ws.close", {
    code = 1000,
    reason = "Sesion terminada"
})
