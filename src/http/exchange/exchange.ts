/**
 * One request in progress: what came in, the response being prepared, and who owns the socket. Middleware, relays
 * and the Lua module `http` work on it; `Delivery` is its other end, which sends it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  assert,
  type ByteAccount,
  type ByteBudget,
  type Clock,
  type Failure,
  type Log,
} from '../../base/index.ts';
import type { Ambient } from '../../process/index.ts';
import type { Entry } from '../../registry/index.ts';
import type { ExchangeAccount, ExchangeLife } from './life.ts';
import type { Form } from './multipart.ts';
import { PreparedResponse } from './prepared-response.ts';
import { RequestBody } from './request-body.ts';
import type { RequestTarget } from './request-target.ts';
import { RequestView } from './request-view.ts';

/** What an `Upgrade: websocket` request brings along. */
export interface UpgradeOffer {
  readonly socket: Duplex;
  /** Bytes that came behind the request in the same packets. */
  readonly head: Buffer;
}

/** Whoever took a connection over from http/. */
export interface ConnectionOwner {
  /**
   * The server stops: say goodbye. Called once, never on a reload of routes, and never before the code that took
   * the connection over has run to its end; a promise is waited for, at most `timeoutMs`, then the socket is
   * destroyed (`relay.md` L9).
   */
  stop(timeoutMs: number): void | Promise<void>;
}

/** What a taker of the socket gets. */
export interface TakenSocket {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Headers prepared so far, one pair per line; private ones left out. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What the server does for its exchanges. */
export interface ExchangeHost {
  readonly server: Entry;
  readonly log: Log;
  readonly clock: Clock;
  /** What waits for slow clients, all of it together. */
  readonly budget: ByteBudget;
  /** Upper bound of `max_body` of requests, bytes. */
  readonly bodyBytesMax: number;
  /** The listener it came through refuses new upgrades and waits for requests in flight. */
  readonly isStopping: boolean;
  /** Takes note of a connection that outlives its request, until `socket` closes or it is released. */
  adopt(socket: Duplex, owner: ConnectionOwner): () => void;
}

/** Parts an exchange is made of. */
export interface ExchangeParts {
  readonly host: ExchangeHost;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: RequestTarget;
  readonly ambient: Ambient;
  readonly upgrade: UpgradeOffer | undefined;
}

/** One request and its response. */
export class Exchange {
  readonly request: RequestView;
  readonly response: PreparedResponse;
  readonly body: RequestBody;
  /** Present for upgrade requests: `Upgrade: websocket` with `Connection: upgrade`. */
  readonly upgrade: UpgradeOffer | undefined;
  /** Context, actor and scope the handler starts with; `token_auth` replaces it. */
  ambient: Ambient;
  /** The endpoint that answers; `undefined` for automatic OPTIONS and static mounts. */
  endpoint: Entry | undefined;
  /** The router whose route matched. */
  router: Entry | undefined;
  /** How the handler failed, by return, raise, timeout or abort; `undefined` while it runs or when it did not. */
  failure: Failure | undefined;
  /** The decoded multipart body, once a program asked for it. */
  form: Promise<Form> | undefined;
  readonly #host: ExchangeHost;
  readonly #life: ExchangeLife;
  readonly #raw: ServerResponse;

  constructor(parts: ExchangeParts, life: ExchangeLife) {
    this.#host = parts.host;
    this.#life = life;
    this.#raw = parts.response;
    this.request = new RequestView(parts.request, parts.target);
    this.response = new PreparedResponse(parts.response, parts.request.method === 'HEAD', () =>
      this.openAccount({ kind: 'responses' }),
    );
    // The bytes behind an upgrade request belong to the next protocol: it has no body (relay.md H3).
    const bodyLength = parts.upgrade === undefined ? this.request.contentLength : 0;
    this.body = new RequestBody(parts.request, parts.host.clock, bodyLength, (reader) =>
      this.openAccount({ kind: 'request bodies', isUnfinished: true, reader }),
    );
    this.upgrade = parts.upgrade;
    // What came behind the request waits here as long as the handler takes; what comes later waits in the socket.
    if (parts.upgrade !== undefined && parts.upgrade.head.length > 0) {
      this.openAccount({ kind: 'handshakes' }).hold(parts.upgrade.head.length);
    }
    this.ambient = parts.ambient;
    if (parts.upgrade !== undefined) this.response.mustClose = true; // Node's parser has left this socket.
  }

  /** The `http.service` entry; its ID is the host part of client PIDs (`relay.md` P1). */
  get server(): Entry {
    return this.#host.server;
  }

  get log(): Log {
    return this.#host.log;
  }

  /** No request of this server may read more, whatever its handler asks for (`http.md` 1.1). */
  get bodyBytesMax(): number {
    return this.#host.bodyBytesMax;
  }

  /** The server is stopping: new upgrades get 503 (`relay.md` H2). */
  get isServerStopping(): boolean {
    return this.#host.isStopping;
  }

  /** The handler ended and the response was decided, or the client is gone: `http` calls fail from here on. */
  get isClosed(): boolean {
    return this.#life.isClosed;
  }

  /** The client went away before the response was complete. */
  get isGone(): boolean {
    return this.#life.isGone;
  }

  /** Somebody took the socket or the response over; http/ does not touch it any more. */
  get isTaken(): boolean {
    return this.#life.isTaken;
  }

  /** Calls back when the client goes away (at once when it has). @returns a way to stop waiting. */
  onGone(callback: () => void): () => void {
    return this.#life.onGone(callback);
  }

  /** The byte budget chose this request: it is answered 503, or cut. */
  get isOverloaded(): boolean {
    return this.#life.isOverloaded;
  }

  /** Calls back when that happens (at once when it has). @returns a way to stop waiting. */
  onOverload(callback: () => void): () => void {
    return this.#life.onOverload(callback);
  }

  /** Opens an account of the byte budget for bytes that wait with this request; it is closed with the exchange. */
  openAccount(options: ExchangeAccount): ByteAccount {
    return this.#life.openAccount(options, this.request.clientNetwork);
  }

  /** Calls back once when the exchange is closed; releases what belongs to the request (temp files). */
  onClose(callback: () => void): () => void {
    return this.#life.onClose(callback);
  }

  /**
   * Hands the socket of an upgrade request to its new owner. Timeouts no longer apply, nothing is sent by
   * http/. Only before anything is on the wire.
   */
  takeOver(owner: ConnectionOwner): TakenSocket {
    assert(
      this.upgrade !== undefined && !this.response.isStreaming,
      'only an unanswered upgrade is taken over',
    );
    const { socket, head } = this.upgrade;
    this.#life.take();
    this.#raw.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0]);
    this.#host.adopt(socket, owner);
    // It will never send anything: whoever waits for its end (and keeps the request alive) may let go now.
    this.#raw.emit('close');
    return { request: this.request.raw, socket, head, headers: this.response.headers() };
  }

  /**
   * Hands the node response to its new owner, which sends the head and ends it (`relay.md` § 13). Prepared
   * status and headers are set on it already. Only before anything is on the wire.
   */
  takeOverResponse(owner: ConnectionOwner): ServerResponse {
    assert(!this.response.isStreaming, 'only an unsent response is taken over');
    this.#life.take();
    this.response.applyTo(this.#raw);
    this.#raw.once('close', this.#host.adopt(this.request.raw.socket, owner));
    return this.#raw;
  }
}
