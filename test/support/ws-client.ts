/** A WebSocket client that remembers what it got, so that a test asks for the next thing instead of waiting. */
import { onTestFinished } from 'vitest';
import WebSocket, { type ClientOptions } from 'ws';

/** How a connection ended. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A handshake that was answered with something else than 101. */
export interface Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An open connection. */
export interface WsClient {
  readonly socket: WebSocket;
  /** Sends a text (string) or binary (Buffer) frame. */
  send(data: string | Buffer): void;
  /** The next frame, oldest first; rejects when the connection ends before one comes. */
  next(): Promise<string | Buffer>;
  /** The next text frame, parsed. */
  nextJson(): Promise<unknown>;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<Closed>;
}

/** Opens a connection; rejects with a `Refused` when the handshake is answered otherwise. */
export async function wsClient(
  url: string,
  options: ClientOptions & { protocols?: string[] } = {},
): Promise<WsClient> {
  const { protocols = [], ...rest } = options;
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...rest });
  onTestFinished(() => socket.terminate());
  const frames: (string | Buffer)[] = [];
  const waiting: { resolve: (frame: string | Buffer) => void; reject: (error: Error) => void }[] = [];
  const closed = new Promise<Closed>((resolve) => {
    socket.on('close', (code, reason) => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`closed with ${code} ${reason}`));
      resolve({ code, reason: reason.toString() });
    });
  });
  socket.on('message', (data: Buffer, isBinary) => {
    const frame = isBinary ? data : data.toString('utf8');
    const waiter = waiting.shift();
    if (waiter === undefined) frames.push(frame);
    else waiter.resolve(frame);
  });
  const next = (): Promise<string | Buffer> => {
    const frame = frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    if (socket.readyState === WebSocket.CLOSED) return Promise.reject(new Error('closed'));
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body += part;
      });
      response.on('end', () =>
        reject({ status: response.statusCode ?? 0, headers: response.headers, body } satisfies Refused),
      );
    });
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return {
    socket,
    send: (data) => socket.send(data),
    next,
    nextJson: async () => JSON.parse(String(await next())) as unknown,
    closed,
  };
}

/** Tries to connect and returns the refusal. */
export async function refusedBy(url: string, options: ClientOptions = {}): Promise<Refused> {
  try {
    await wsClient(url, options);
  } catch (error) {
    if (error instanceof Error) throw error;
    return error as Refused;
  }
  throw new Error('the handshake succeeded');
}
