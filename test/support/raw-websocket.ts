/** A WebSocket client without manners: it sends the bytes it is told to, and shows frames as they came. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type RawFrame, readRawFrames } from '../relay/wire.ts';

/** An answered handshake. */
export interface RawWebSocket {
  /** Status line and headers, with their line ends. */
  readonly head: string;
  /** Status of the answer. */
  readonly status: number;
  readonly socket: Socket;
  send(...bytes: readonly (Buffer | string)[]): void;
  /** The next frame. @throws when the server ends the connection before one comes */
  next(): Promise<RawFrame>;
  /** Every frame from here to the end of the connection. */
  rest(): Promise<RawFrame[]>;
  /** Code of the close frame; 1006 when the connection ends without one. */
  closeCode(): Promise<number>;
}

/** How a connection is asked for. */
export interface RawWebSocketOptions {
  /** Header lines beside those of RFC 6455 4.1. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes sent in the same packet as the request. */
  readonly early?: Buffer;
}

/** Sends a handshake and waits for the head of its answer. */
export async function rawWebSocket(url: string, options: RawWebSocketOptions = {}): Promise<RawWebSocket> {
  const { hostname, port, pathname, search } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, noDelay: true });
  onTestFinished(() => void socket.destroy());
  let bytes = Buffer.alloc(0);
  let isOver = false;
  let look = (): void => {};
  const over = (): void => {
    isOver = true;
    look();
  };
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    look();
  });
  socket.on('error', () => {});
  socket.on('end', over);
  socket.on('close', over);
  const until = <T>(find: () => T | undefined): Promise<T | undefined> =>
    new Promise((resolve) => {
      look = () => {
        const found = find();
        if (found === undefined && !isOver) return;
        look = () => {};
        resolve(found);
      };
      look();
    });

  socket.write(
    Buffer.concat([
      Buffer.from(formatHandshake(hostname, port, pathname + search, options)),
      options.early ?? Buffer.alloc(0),
    ]),
  );
  const head = await until(() => {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const text = bytes.toString('latin1', 0, end + 2);
    bytes = bytes.subarray(end + 4);
    return text;
  });
  if (head === undefined) throw new Error('the handshake was not answered');
  const take = (): RawFrame | undefined => {
    const [frame] = readRawFrames(bytes, 1);
    if (frame !== undefined) bytes = bytes.subarray(frame.byteCount);
    return frame;
  };
  const rest = async (): Promise<RawFrame[]> => {
    const frames: RawFrame[] = [];
    for (let frame = await until(take); frame !== undefined; frame = await until(take)) frames.push(frame);
    return frames;
  };
  return {
    head,
    status: Number(head.split(' ')[1]),
    socket,
    send: (...parts) => void socket.write(Buffer.concat(parts.map((part) => Buffer.from(part as string)))),
    async next() {
      const frame = await until(take);
      if (frame === undefined) throw new Error('the connection ended before a frame came');
      return frame;
    },
    rest,
    async closeCode() {
      const close = (await rest()).find(({ opcode }) => opcode === 8);
      if (close === undefined) return 1006;
      return close.payload.length < 2 ? 1005 : close.payload.readUInt16BE();
    },
  };
}

function formatHandshake(
  hostname: string,
  port: string,
  path: string,
  { headers = {} }: RawWebSocketOptions,
): string {
  const all = {
    Host: `${hostname}:${port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
