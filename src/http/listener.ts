/**
 * One listening socket with everything that came in through it. Fastify owns the Node server: listening on
 * both families, limits, TLS, injection for tests. Routes are not Fastify's: it freezes them when it starts,
 * ours are swapped while requests are in flight, so every request is taken over (`hijack`) at its first hook.
 *
 * Ways a request enters: through Fastify's hook; with a URL Fastify cannot decode, through `frameworkErrors`
 * (our answer is 400 or, for bytes that are no UTF-8, an ordinary route); and through `upgrade`, where Node's
 * parser has let go of the socket.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type FastifyInstance, fastify, type InjectOptions, type LightMyRequestResponse } from 'fastify';
import {
  type Clock,
  HubError,
  PIPELINED_REQUESTS_MAX,
  READ_TIMEOUT_CHECK_MS,
  REQUEST_HEAD_BYTES_MAX,
  REQUEST_HEAD_MS,
} from '../base/index.ts';
import { formatAddress, type ListenAddress } from './address.ts';
import type { ConnectionOwner, UpgradeOffer } from './exchange.ts';
import type { TlsSettings } from './tls.ts';

/** What a listener does with a request. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  upgrade: UpgradeOffer | undefined,
) => void;

/** What a listener is made with. */
export interface ListenerOptions {
  readonly clock: Clock;
  readonly tls: TlsSettings | undefined;
  readonly handler: RequestHandler;
}

/** Timeouts of the Node server, milliseconds, 0 = none. */
export interface ListenerTimeouts {
  readonly readMs: number;
  readonly idleMs: number;
}

/** A listening socket. */
export class Listener {
  readonly #app: FastifyInstance;
  readonly #clock: Clock;
  readonly #handler: RequestHandler;
  readonly #connectionEvent: 'connection' | 'secureConnection';
  readonly #sockets = new Set<Duplex>();
  /** Sockets with requests under way, and their responses: several when a client sends ahead. */
  readonly #busy = new Map<Duplex, Set<ServerResponse>>();
  /** Connections that left HTTP, with their owners. */
  readonly #adopted = new Map<Duplex, ConnectionOwner>();
  #closing: Promise<void> | undefined;

  constructor({ clock, tls, handler }: ListenerOptions) {
    this.#clock = clock;
    this.#handler = handler;
    this.#connectionEvent = tls === undefined ? 'connection' : 'secureConnection';
    this.#app = createApp(tls, {
      serve: (request, response) => this.#accept(request, response, undefined),
      refuse: (error, socket) => this.#refuse(error, socket),
    });
    const { server } = this.#app;
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.on(this.#connectionEvent, (socket: Socket) => {
      if (this.#sockets.has(socket)) return; // It is back from an offer nobody took (`#serveAsOrdinary`).
      if (tls?.admits(socket as TLSSocket) === false) {
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        this.#closeWaiting(socket);
      });
    });
  }

  /** It accepts nothing new and waits for what is under way. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Takes effect at once, for open connections too. */
  setTimeouts({ readMs, idleMs }: ListenerTimeouts): void {
    const { server } = this.#app;
    server.requestTimeout = readMs;
    server.headersTimeout = readMs > 0 ? Math.min(readMs, REQUEST_HEAD_MS) : REQUEST_HEAD_MS;
    server.keepAliveTimeout = idleMs;
  }

  /**
   * Starts listening.
   * @returns the address with its real port.
   * @throws MH_HTTP_ADDRESS_TAKEN, MH_HTTP_LISTEN_FAILED
   */
  async listen(address: ListenAddress): Promise<ListenAddress> {
    // '::' is both families; machines without IPv6 refuse it.
    const hosts = address.host === '' ? ['::', '0.0.0.0'] : [address.host];
    for (const [index, host] of hosts.entries()) {
      try {
        await this.#app.listen({ port: address.port, host });
        break;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        const hasNoIpv6 = code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL';
        if (!hasNoIpv6 || index === hosts.length - 1) throw listenError(address, error, code);
      }
    }
    const bound = this.#app.server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
    return { host: address.host, port };
  }

  /** Answers a request without a socket; for tests and embedding. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse> {
    return this.#app.inject(request);
  }

  /** Takes note of a connection that left HTTP. */
  adopt(socket: Duplex, owner: ConnectionOwner): () => void {
    const release = (): void => {
      socket.off('close', release);
      this.#adopted.delete(socket);
    };
    this.#adopted.set(socket, owner);
    socket.once('close', release);
    return release;
  }

  /** Stops accepting connections and drops those without a request; the others go on. Idempotent. */
  stopAccepting(): void {
    this.#closing ??= this.#app.close();
    for (const socket of this.#sockets) {
      // Browsers open connections ahead of need; nothing is lost with them.
      if (!this.#busy.has(socket) && !this.#adopted.has(socket)) socket.destroy();
    }
  }

  /**
   * Waits for requests in flight and for owners of adopted connections to say goodbye, at most `timeoutMs`,
   * then destroys what is left. Resolves when every socket is closed.
   */
  async stop(timeoutMs: number): Promise<void> {
    this.stopAccepting();
    const timer = this.#clock.setTimer(timeoutMs, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    const owners = [...this.#adopted.values()];
    await Promise.allSettled([this.#closing, ...owners.map(async (owner) => owner.stop(timeoutMs))]);
    timer.cancel();
  }

  #accept(request: IncomingMessage, response: ServerResponse, upgrade: UpgradeOffer | undefined): void {
    const { socket } = request;
    let responses = this.#busy.get(socket);
    if (responses === undefined) {
      responses = new Set();
      this.#busy.set(socket, responses);
    }
    // Node hands over every request of a chunk at once, a thousand if they are short.
    if (responses.size >= PIPELINED_REQUESTS_MAX) {
      socket.destroy();
      return;
    }
    responses.add(response);
    response.once('close', () => {
      responses.delete(response);
      if (responses.size === 0 && this.#busy.get(socket) === responses) this.#busy.delete(socket);
    });
    this.#handler(request, response, upgrade);
  }

  /** Responses that wait behind another have no socket yet, so Node does not tell them that it closed. */
  #closeWaiting(socket: Duplex): void {
    for (const response of this.#busy.get(socket) ?? []) {
      if (response.socket !== null) continue;
      response.destroy();
      response.emit('close');
    }
  }

  /** One line of text and the end of the connection (C11); nothing in the middle of a response. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const isAnswering = [...(this.#busy.get(socket) ?? [])].some(({ headersSent }) => headersSent);
    if (!socket.writable || isAnswering || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const [status, text] = REFUSALS[error.code ?? ''] ?? ['400 Bad Request', 'bad request'];
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n` +
        `Content-Length: ${text.length + 1}\r\nConnection: close\r\n\r\n${text}\n`,
    );
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', ignore); // 'close' follows and is what everyone listens for.
    // An upgrade behind a request that is not answered yet: no client does that, and nothing good comes of it.
    const isPipelined = [...(this.#busy.get(socket) ?? [])].some((response) => response.socket === socket);
    if (isPipelined) socket.destroy();
    else if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      this.#serveAsOrdinary(request, socket, head);
    else this.#accept(request, responseOn(request, socket as Socket), { socket, head });
  }

  /**
   * An upgrade to something else than WebSocket, e.g. the `h2c` some clients offer with every request, is to
   * be ignored (RFC 9110 7.8). Node has taken its parser off the socket already, so the request, without its
   * offer, is put back and read again as from a new connection.
   */
  #serveAsOrdinary(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      const [name, value] = [request.rawHeaders[i]!, request.rawHeaders[i + 1]!];
      const lower = name.toLowerCase();
      if (lower === 'connection' && /\bclose\b/i.test(value)) lines.push('Connection: close');
      else if (!['connection', 'upgrade', 'http2-settings'].includes(lower)) lines.push(`${name}: ${value}`);
    }
    socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
    socket.off('error', ignore); // Node listens again from here on.
    this.#app.server.emit(this.#connectionEvent, socket);
  }
}

/** For an event that needs a listener and interests nobody. */
function ignore(): void {}

interface AppHandlers {
  serve(request: IncomingMessage, response: ServerResponse): void;
  /** Bytes that are no request, or came too late. */
  refuse(error: NodeJS.ErrnoException, socket: Socket): void;
}

function createApp(tls: TlsSettings | undefined, { serve, refuse }: AppHandlers): FastifyInstance {
  const node = { maxHeaderSize: REQUEST_HEAD_BYTES_MAX, connectionsCheckingInterval: READ_TIMEOUT_CHECK_MS };
  const options = {
    return503OnClosing: false,
    clientErrorHandler: refuse,
    frameworkErrors: (
      _error: Error,
      request: { raw: IncomingMessage },
      reply: { hijack(): void; raw: ServerResponse },
    ) => {
      reply.hijack();
      serve(request.raw, reply.raw);
    },
  };
  const app = (
    tls === undefined
      ? fastify({ ...options, http: node })
      : fastify({ ...options, https: { ...node, ...tls.secureOptions } })
  ) as FastifyInstance;
  app.addHook('onRequest', (request, reply, _done) => {
    reply.hijack();
    serve(request.raw, reply.raw);
  });
  app.all('/*', () => {});
  app.setNotFoundHandler(() => {});
  return app;
}

/** A response on a socket that Node's parser has left: the last thing on that connection. */
function responseOn(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.destroySoon();
  });
  return response;
}

const REFUSALS: Readonly<Record<string, readonly [status: string, text: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'request head too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request timeout'],
};

function listenError(address: ListenAddress, cause: unknown, code: string | undefined): HubError {
  const place = formatAddress(address);
  if (code === 'EADDRINUSE') {
    return new HubError('MH_HTTP_ADDRESS_TAKEN', {
      message: `Cannot listen on ${place}: the address is in use`,
      hint: 'Stop the other program, or choose another port in "addr".',
      cause,
    });
  }
  return new HubError('MH_HTTP_LISTEN_FAILED', {
    message: `Cannot listen on ${place}: ${code ?? cause}`,
    cause,
  });
}
