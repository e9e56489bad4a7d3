/** The reference: a `ws` server without anything of ours, as its documentation shows it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { serveControl } from './control.ts';

const server = createServer();
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket, request) => {
  if (request.url === '/echo')
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  else {
    socket.on('message', (data, isBinary) => {
      for (const client of sockets.clients) client.send(data, { binary: isBinary });
    });
  }
});
server.listen(0, '127.0.0.1', () => serveControl((server.address() as AddressInfo).port, async () => 0));
