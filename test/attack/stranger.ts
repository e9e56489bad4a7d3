/** Connections of somebody without manners: raw sockets, so that nothing corrects what is sent. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { readFrames, type ServerFrame } from '../relay/wire.ts';

/** Bytes of what came in that are kept; floods of answers are only counted. */
const KEPT_BYTES_MAX = 65_536;
const CONNECT_TIMEOUT_MS = 15_000;

/** One connection. Its errors are facts, not exceptions: it is closed, or it is not. */
export class Line {
  readonly socket: Socket;
  /** Resolves when the socket is gone, whoever ended it. */
  readonly closed: Promise<void>;
  /** Bytes that came in. */
  receivedBytes = 0;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #isEnded = false;

  constructor(port: number) {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('end', () => {
      this.#isEnded = true;
    });
    socket.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      if (this.#keptBytes > KEPT_BYTES_MAX) return;
      this.#kept.push(chunk);
      this.#keptBytes += chunk.length;
    });
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** The host has closed its side, or the socket is gone. */
  get isEnded(): boolean {
    return this.#isEnded || this.socket.destroyed;
  }

  /** The first bytes that came in, one character each. */
  get text(): string {
    return Buffer.concat(this.#kept).toString('latin1');
  }

  /** Status of the first answer; 0 when there is none yet. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.text)?.[1] ?? 0);
  }

  /** Frames behind the 101, those that are whole and were kept. */
  get frames(): ServerFrame[] {
    const bytes = Buffer.concat(this.#kept);
    const head = bytes.indexOf('\r\n\r\n');
    return head < 0 ? [] : readFrames(bytes.subarray(head + 4));
  }

  /** Code of the close frame; 0 when there is none. */
  get closeCode(): number {
    const close = this.frames.find(({ opcode }) => opcode === 8);
    return close === undefined ? 0 : Buffer.from(close.payload.slice(0, 2), 'latin1').readUInt16BE();
  }

  /** Resolves when the bytes have left for the kernel. @returns false when the connection is gone */
  write(bytes: string | Buffer): Promise<boolean> {
    if (!this.socket.writable) return Promise.resolve(false);
    return new Promise((resolve) => void this.socket.write(bytes, (error) => resolve(!error)));
  }

  /** Stops taking what the host sends: its queue towards us fills. */
  stopReading(): void {
    this.socket.pause();
  }

  /** Waits until the host has said enough or has gone. @returns whether it has said enough within the time */
  async until(look: () => boolean, timeoutMs: number): Promise<boolean> {
    const endMs = performance.now() + timeoutMs;
    while (!look()) {
      if (this.isEnded || performance.now() > endMs) return look();
      await pause(10);
    }
    return true;
  }

  /** Whether the host ended the connection within this time. */
  async endsWithin(timeoutMs: number): Promise<boolean> {
    const endMs = performance.now() + timeoutMs;
    while (!this.isEnded && performance.now() < endMs) await pause(10);
    return this.isEnded;
  }

  /** Gone without a word. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** All connections of one attack, so that they can be ended together. */
export class Stranger {
  readonly port: number;
  readonly #lines = new Set<Line>();

  constructor(port: number) {
    this.port = port;
  }

  /** A connection that is being made. */
  dial(): Line {
    const line = new Line(this.port);
    this.#lines.add(line);
    void line.closed.then(() => this.#lines.delete(line));
    return line;
  }

  /** A connection, made. @throws when the system refuses one */
  async connect(): Promise<Line> {
    const line = this.dial();
    const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
    await Promise.race([once(line.socket, 'connect', { signal }), line.closed]);
    if (line.socket.destroyed) throw new Error('the connection was refused');
    return line;
  }

  /** Many at once, a hundred at a time. */
  async connectMany(count: number): Promise<Line[]> {
    return this.#many(count, () => this.connect());
  }

  /** A WebSocket. @throws when it is not answered with 101 */
  async upgrade(path: string, header = ''): Promise<Line> {
    const line = await this.connect();
    await line.write(upgradeRequest(path, header));
    await line.until(() => line.text.includes('\r\n\r\n'), CONNECT_TIMEOUT_MS);
    if (line.status !== 101) throw new Error(`${path} was answered with ${line.status || 'nothing'}`);
    return line;
  }

  async upgradeMany(count: number, path: string, header = ''): Promise<Line[]> {
    return this.#many(count, () => this.upgrade(path, header));
  }

  /** Sends one request on a connection of its own. @returns the line once a whole head came back, or it ended */
  async request(text: string | Buffer, timeoutMs = 10_000): Promise<Line> {
    const line = await this.connect();
    void line.write(text);
    await line.until(() => line.text.includes('\r\n\r\n'), timeoutMs);
    return line;
  }

  /** Ends everything that is still open. */
  async leave(): Promise<void> {
    const lines = [...this.#lines];
    for (const line of lines) line.destroy();
    await Promise.all(lines.map(({ closed }) => closed));
  }

  async #many(count: number, make: () => Promise<Line>): Promise<Line[]> {
    const lines: Line[] = [];
    while (lines.length < count) {
      const missing = Math.min(100, count - lines.length);
      lines.push(...(await Promise.all(Array.from({ length: missing }, make))));
    }
    return lines;
  }
}

/** A request head; `header` is whole lines, each with its line end. */
export function requestHead(method: string, path: string, header = ''): string {
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${header}\r\n`;
}

/** A request with a body. */
export function post(path: string, body: string | Buffer, header = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = requestHead('POST', path, `Content-Length: ${bytes.length}\r\nConnection: close\r\n${header}`);
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** The handshake of RFC 6455 4.1. */
export function upgradeRequest(path: string, header = ''): string {
  const key = randomBytes(16).toString('base64');
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  return requestHead('GET', path, `${upgrade}Sec-WebSocket-Key: ${key}\r\n${header}`);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
