-- 다른 프로세스에서 WebSocket 연결 모니터링
process.monitor(websocket_pid)

-- 모든 프로세스에서 WebSocket 클라이언트로 메시지 전송
process.send(websocket_pid, "ws.send", {type = "text", data = "hello"})
