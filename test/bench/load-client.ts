/**
 * A WebSocket load client on raw sockets. Frames are masked once, answers are counted by their bytes: the client
 * must cost so little that the server is the one who is busy.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { maskedFrame, readFrames } from '../relay/wire.ts';

/** One load connection. */
export interface LoadConnection {
  readonly socket: Socket;
  /** Called with the number of bytes whenever some arrived. */
  onBytes: (count: number) => void;
}

/** Opens connections a hundred at a time. */
export async function openConnections(port: number, path: string, count: number): Promise<LoadConnection[]> {
  const connections: LoadConnection[] = [];
  while (connections.length < count) {
    const missing = Math.min(100, count - connections.length);
    connections.push(
      ...(await Promise.all(Array.from({ length: missing }, () => openConnection(port, path)))),
    );
  }
  return connections;
}

async function openConnection(port: number, path: string): Promise<LoadConnection> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  let text = '';
  while (!text.includes('\r\n\r\n')) text += String((await once(socket, 'data'))[0]);
  if (!text.startsWith('HTTP/1.1 101')) throw new Error(`the handshake was refused: ${text.slice(0, 80)}`);
  const connection: LoadConnection = { socket, onBytes: () => {} };
  socket.on('data', (chunk: Buffer) => connection.onBytes(chunk.length));
  return connection;
}

/** Closes all of them at once. */
export async function closeConnections(connections: readonly LoadConnection[]): Promise<void> {
  await Promise.all(
    connections.map(({ socket }) => {
      if (socket.destroyed) return undefined;
      const closed = once(socket, 'close');
      socket.destroy();
      return closed;
    }),
  );
}

/** What a run came to. */
export interface LoadResult {
  /** Messages delivered to clients per second. */
  readonly perSecond: number;
  /** Milliseconds from a message to its answer; sampled. */
  readonly latenciesMs: readonly number[];
}

/** The text every load message carries; 32 bytes, so frames have two bytes of header. */
const TEXT = 'moonhub bench message, 32 bytes.';
const ANSWER_BYTES = TEXT.length + 2;

/** Sends one message and checks that exactly it comes back: the numbers below count bytes only. */
export async function checkAnswer({ socket }: LoadConnection): Promise<void> {
  const reply = once(socket, 'data');
  socket.write(maskedFrame(1, TEXT));
  const [frame] = readFrames((await reply)[0] as Buffer);
  if (frame?.opcode !== 1 || frame.payload !== TEXT) throw new Error('the answer is not the message');
}

/** Keeps `inFlight` messages under way on every connection for `durationMs`. */
export async function runEcho(
  connections: readonly LoadConnection[],
  { inFlight, durationMs }: { inFlight: number; durationMs: number },
): Promise<LoadResult> {
  const batches = Array.from({ length: inFlight + 1 }, (_, count) =>
    Buffer.concat(Array.from({ length: count }, () => maskedFrame(1, TEXT))),
  );
  const latenciesMs: number[] = [];
  let answers = 0;
  let isOver = false;
  let underWay = 0;
  const done = createGate();
  for (const connection of connections) {
    let rest = 0;
    let sentAtMs = performance.now();
    underWay += inFlight;
    connection.onBytes = (count) => {
      const bytes = rest + count;
      const arrived = Math.floor(bytes / ANSWER_BYTES);
      rest = bytes % ANSWER_BYTES;
      if (arrived === 0) return;
      answers += arrived;
      underWay -= arrived;
      if (isOver) {
        if (underWay === 0) done.open();
        return;
      }
      if (inFlight === 1 && latenciesMs.length < 100_000) {
        const nowMs = performance.now();
        latenciesMs.push(nowMs - sentAtMs);
        sentAtMs = nowMs;
      }
      underWay += arrived;
      connection.socket.write(batches[arrived]!);
    };
    connection.socket.write(batches[inFlight]!);
  }
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const perSecond = (answers / (performance.now() - startedMs)) * 1000;
  isOver = true;
  await done.opened; // every message was answered, none was lost
  return { perSecond, latenciesMs };
}

/** Lets the first connection send a message to all, again as soon as all of them have it. */
export async function runBroadcast(
  connections: readonly LoadConnection[],
  { durationMs }: { durationMs: number },
): Promise<LoadResult> {
  const message = maskedFrame(1, TEXT);
  const roundBytes = ANSWER_BYTES * connections.length;
  const latenciesMs: number[] = [];
  let pendingBytes = roundBytes;
  let rounds = 0;
  let isOver = false;
  let sentAtMs = 0;
  const done = createGate();
  const next = (): void => {
    pendingBytes = roundBytes;
    sentAtMs = performance.now();
    connections[0]!.socket.write(message);
  };
  const onBytes = (count: number): void => {
    pendingBytes -= count;
    if (pendingBytes > 0) return;
    rounds++;
    latenciesMs.push(performance.now() - sentAtMs);
    if (isOver) done.open();
    else next();
  };
  for (const connection of connections) connection.onBytes = onBytes;
  const startedMs = performance.now();
  next();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const perSecond = ((rounds * connections.length) / (performance.now() - startedMs)) * 1000;
  isOver = true;
  await done.opened;
  return { perSecond, latenciesMs };
}

/** A promise that somebody else resolves. */
function createGate(): { open(): void; readonly opened: Promise<void> } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
