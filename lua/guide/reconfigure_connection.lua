-- Send a control message to the WebSocket connection
function reconfigureConnection(client_pid, new_target_pid)
    -- Create control command
    local control_cmd = {
        target_pid = new_target_pid,
        message_topic = "ws.new_topic", -- Optional
        metadata = {
            new_property = "value"
        }
    }
    
    -- Encode command to JSON
    local cmd_json, err = json.encode(control_cmd)
    if err then
        print("Error encoding control command:", err)
        return false
    end
    
    -- Send control message
    local controlMsg = pubsub.message.new(
        process.pid(),
        client_pid,
        "ws.control",
        cmd_json
    )
    
    return pubsub.send(controlMsg)
end
