/**
 * One address that is listened on, with everything that came in through it.
 *
 * Ways a request enters: through Fastify's hook; with a URL Fastify cannot decode, through `frameworkErrors`
 * (our answer is 400 or, for bytes that are no UTF-8, an ordinary route); and through `upgrade`, where Node's
 * parser has let go of the socket.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import { createServer, Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { type Clock, Deadline, REQUEST_HEAD_MS, type Stoppable, shorten } from '../../base/index.ts';
import type { ConnectionOwner, UpgradeOffer } from '../exchange/exchange.ts';
import type { RequestTarget } from '../exchange/request-target.ts';
import type { ListenAddress } from './address.ts';
import { Connections } from './connections.ts';
import { createApp } from './fastify-app.ts';
import { hostsOf, isFamilyMissing, listenError } from './hosts.ts';
import { answerAtOnce, type HeadFault, readHead } from './request-head.ts';
import { applyTls, asksAlike, type TlsSettings } from './tls.ts';

/** What a listener does with a request. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  target: RequestTarget,
  upgrade: UpgradeOffer | undefined,
) => void;

/** A request that was answered by its head alone. */
export interface RefusedHead {
  readonly remoteAddress: string | undefined;
  readonly status: number;
  readonly cause: string;
  /** As sent, where it could be read. */
  readonly target?: string | undefined;
  readonly host?: string | undefined;
  readonly isUpgrade: boolean;
}

/** What a listener is made with. */
export interface ListenerOptions {
  readonly clock: Clock;
  readonly tls: TlsSettings | undefined;
  readonly handler: RequestHandler;
  readonly onRefused: (head: RefusedHead) => void;
}

/** Timeouts of the Node server, milliseconds, 0 = none. */
export interface ListenerTimeouts {
  readonly readMs: number;
  readonly idleMs: number;
}

/** A listening socket. */
export class Listener implements Stoppable {
  readonly #app: FastifyInstance;
  readonly #handler: RequestHandler;
  readonly #onRefused: ListenerOptions['onRefused'];
  readonly #connectionEvent: 'connection' | 'secureConnection';
  readonly #connections: Connections;
  /** Further sockets of an address that has several, such as `localhost`; what comes in goes to the first. */
  readonly #twins: Server[] = [];
  #tls: TlsSettings | undefined;
  #address: ListenAddress | undefined;
  readonly #patience: Deadline;
  readonly #cut: Promise<void>;
  #isRefusing = false;
  #drained: Promise<void> | undefined;
  #closed: Promise<unknown> | undefined;
  #stopped: Promise<void> | undefined;

  constructor({ clock, tls, handler, onRefused }: ListenerOptions) {
    this.#handler = handler;
    this.#onRefused = onRefused;
    this.#tls = tls;
    this.#connections = new Connections(clock);
    this.#connectionEvent = tls === undefined ? 'connection' : 'secureConnection';
    let markCut = (): void => {};
    this.#cut = new Promise((resolve) => {
      markCut = resolve;
    });
    this.#patience = new Deadline(clock, () => {
      this.#connections.cut();
      markCut();
    });
    this.#app = createApp(tls, {
      accept: (request, response) => this.#accept(request, response, undefined),
      refuse: (error, socket) => this.#refuse(error, socket),
    });
    const { server } = this.#app;
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    if (tls !== undefined) server.on('connection', (socket: Socket) => this.#connections.addOpening(socket));
    server.on(this.#connectionEvent, (socket: Socket) => {
      // One that is known came back from an offer nobody took (`#acceptAsOrdinary`).
      if (this.#connections.add(socket) && this.#tls?.admits(socket as TLSSocket) === false) socket.destroy();
    });
  }

  /** Where it listens, with the real port; `undefined` before, and once it accepts nothing new. */
  get address(): ListenAddress | undefined {
    return this.#address;
  }

  /** Whether it speaks TLS. */
  get isSecure(): boolean {
    return this.#tls !== undefined;
  }

  /** It accepts nothing new and waits for what is under way. */
  get isClosing(): boolean {
    return this.#isRefusing || this.#closed !== undefined;
  }

  /** Requests under way, and connections that left HTTP. */
  get work(): { readonly requests: number; readonly connections: number } {
    const { requestCount, adoptedCount } = this.#connections;
    return { requests: requestCount, connections: adoptedCount };
  }

  /** Takes effect at once, for open connections too. */
  setTimeouts({ readMs, idleMs }: ListenerTimeouts): void {
    const { server } = this.#app;
    server.requestTimeout = readMs;
    server.headersTimeout = readMs > 0 ? Math.min(readMs, REQUEST_HEAD_MS) : REQUEST_HEAD_MS;
    server.keepAliveTimeout = idleMs;
  }

  /**
   * Takes another certificate for connections to come; those that are open keep theirs.
   * @returns false when only another listener can: this one has no TLS, or asks clients for theirs in another way.
   * @throws MH_HTTP_TLS_INVALID; the old one stays then.
   */
  tryRenew(tls: TlsSettings): boolean {
    if (this.#tls === undefined || !asksAlike(this.#tls, tls)) return false;
    applyTls(() => (this.#app.server as unknown as TlsServer).setSecureContext(tls.secureOptions));
    this.#tls = tls;
    return true;
  }

  /**
   * Starts listening.
   * @returns the address with its real port.
   * @throws MH_HTTP_ADDRESS_TAKEN, MH_HTTP_LISTEN_FAILED
   */
  async listen(address: ListenAddress): Promise<ListenAddress> {
    let port: number | undefined;
    let unusable: unknown;
    for (const host of hostsOf(address.host)) {
      try {
        if (port === undefined) port = await this.#bind(address.port, host);
        // The two of "all interfaces" are alternatives, those of a name belong together.
        else if (address.host !== '') await this.#bindTwin(port, host);
      } catch (error) {
        if (!isFamilyMissing(error)) throw listenError(address, error);
        unusable ??= error;
      }
    }
    if (this.#closed !== undefined) {
      for (const server of [this.#app.server, ...this.#twins]) server.close();
      throw listenError(address, new Error('it was stopped meanwhile'));
    }
    if (port === undefined) throw listenError(address, unusable);
    const bound = { host: address.host, port };
    if (this.#isRefusing) this.#unlisten();
    else this.#address = bound;
    return bound;
  }

  /** Answers a request without a socket; for tests and embedding. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse> {
    return this.#app.inject(request);
  }

  /** Takes note of a connection that left HTTP. @returns takes that back: its owner is done with it. */
  adopt(socket: Duplex, owner: ConnectionOwner): () => void {
    return this.#connections.adopt(socket, owner);
  }

  /**
   * Accepts no connection any more, and answers 503 on those that are open (`relay.md` L9). What is under way goes on.
   * Idempotent.
   */
  refuse(): void {
    if (this.#isRefusing) return;
    this.#isRefusing = true;
    this.#unlisten();
  }

  /**
   * Refuses, and tells the owners of connections that left HTTP to say goodbye. Resolves when all were told and the
   * requests that were under way have ended, or `timeoutMs` are over: what is left is destroyed then.
   */
  drain(timeoutMs: number): Promise<void> {
    this.refuse();
    this.#patience.within(timeoutMs);
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  /** Stops accepting connections and drops those without a request; the others go on. Idempotent. */
  stopAccepting(): void {
    if (this.#closed !== undefined) return;
    this.#address = undefined;
    // The sockets first: Fastify alone would let go of the port some turns later.
    const servers = [this.#app.server, ...this.#twins].map(closeServer);
    this.#closed = Promise.all([...servers, this.#app.close()]);
    this.#connections.dropIdle();
  }

  /**
   * Waits for requests in flight and for owners of adopted connections to say goodbye, at most `timeoutMs`,
   * then destroys what is left. Resolves when every socket is closed. Asking again with less time hurries.
   * One that refuses keeps connections without a request until the others are done, to refuse what comes on them.
   */
  stop(timeoutMs: number): Promise<void> {
    if (!this.#isRefusing) this.stopAccepting();
    this.#patience.within(timeoutMs);
    this.#drained ??= this.#drain();
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #drain(): Promise<void> {
    const told = this.#connections.dismissOwners(this.#patience);
    await Promise.race([told.then(() => this.#connections.whenQuiet()), this.#cut]);
  }

  async #end(): Promise<void> {
    await this.#drained;
    this.stopAccepting();
    await Promise.race([this.#connections.whenDismissed(), this.#cut]);
    await this.#closed;
    this.#patience.cancel();
  }

  /** Lets go of the addresses. Not through `Server.close` of Node's HTTP server: it drops idle connections. */
  #unlisten(): void {
    this.#address = undefined;
    for (const server of [this.#app.server, ...this.#twins])
      if (server.listening) Server.prototype.close.call(server);
  }

  async #bind(port: number, host: string): Promise<number> {
    await this.#app.listen({ port, host });
    const bound = this.#app.server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : port;
  }

  async #bindTwin(port: number, host: string): Promise<void> {
    const twin = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#app.server.emit('connection', socket),
    );
    await new Promise<void>((resolve, reject) => {
      twin.once('error', reject);
      twin.listen({ port, host }, () => {
        twin.off('error', reject);
        resolve();
      });
    });
    this.#twins.push(twin);
  }

  #accept(request: IncomingMessage, response: ServerResponse, upgrade: UpgradeOffer | undefined): void {
    if (!this.#connections.begin(request.socket, response)) return;
    const head = this.#isRefusing ? STOPPING : readHead(request, upgrade !== undefined);
    if (!('status' in head)) {
      this.#handler(request, response, head, upgrade);
      return;
    }
    this.#connections.endAfterThis(request.socket);
    answerAtOnce(response, head.status, head.line);
    const { host } = request.headers;
    this.#onRefused({
      remoteAddress: request.socket.remoteAddress,
      status: head.status,
      cause: head.line,
      target: shorten(request.url ?? ''),
      host: host && shorten(host),
      isUpgrade: upgrade !== undefined,
    });
  }

  /** One line of text and the end of the connection (C11); nothing in the middle of a response. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const isAnswering = this.#connections.responsesOn(socket).some(({ headersSent }) => headersSent);
    if (!socket.writable || isAnswering || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const [status, text] = REFUSALS[error.code ?? ''] ?? ['400 Bad Request', 'bad request'];
    const { remoteAddress } = socket;
    this.#onRefused({ remoteAddress, status: Number.parseInt(status, 10), cause: text, isUpgrade: false });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n` +
        `Content-Length: ${text.length + 1}\r\nConnection: close\r\n\r\n${text}\n`,
    );
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', ignore); // 'close' follows and is what everyone listens for.
    // An upgrade behind a request that is not answered yet: no client does that, and nothing good comes of it.
    const isPipelined = this.#connections.responsesOn(socket).some((response) => response.socket === socket);
    if (isPipelined) socket.destroy();
    else if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      this.#acceptAsOrdinary(request, socket, head);
    else this.#accept(request, responseOn(request, socket as Socket), { socket, head });
  }

  /**
   * An upgrade to something else than WebSocket, e.g. the `h2c` some clients offer with every request, is to
   * be ignored (RFC 9110 7.8). Node has taken its parser off the socket already, so the request, without its
   * offer, is put back and read again as from a new connection.
   */
  #acceptAsOrdinary(request: IncomingMessage, socket: Duplex, head: Buffer): void {
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

/** What a request reads that came too late. */
const STOPPING: HeadFault = { status: 503, line: 'server is shutting down' };

/** For an event that needs a listener and interests nobody. */
function ignore(): void {}

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

/** Resolves when it listens no more and all its connections are closed. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
