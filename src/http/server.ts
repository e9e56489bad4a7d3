/**
 * One `http.service` at work: a listener, the routes of the moment and the settings of its entry. Routes are
 * swapped, settings changed and even the address moved while requests are in flight.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import {
  assert,
  type Clock,
  HANDLER_TIMEOUT_MS,
  type Log,
  parseDurationMs,
  REQUEST_BODY_BYTES_MAX,
  STOP_TIMEOUT_MS,
  type Stoppable,
  toFailure,
} from '../base/index.ts';
import { type Ambient, EMPTY_AMBIENT, type ProcessSystem } from '../process/index.ts';
import { type Entry, equalValues, isMapping, type Value } from '../registry/index.ts';
import { formatAddress, type ListenAddress, parseAddress } from './address.ts';
import { Exchange, type ExchangeHost, type UpgradeOffer } from './exchange.ts';
import type { Generation } from './generation.ts';
import { Listener } from './listener.ts';
import { tryParseTarget } from './request-view.ts';
import { serve } from './serve.ts';
import { type EnvironmentLookup, parseTls } from './tls.ts';

/** What every server of a hub shares. */
export interface ServerContext {
  readonly system: Pick<ProcessSystem, 'call'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly environment: EnvironmentLookup;
  /** Context, actor and scope requests of a server start with (`lifecycle.security`). Default: none. */
  readonly ambientOf?: (server: Entry) => Ambient;
}

/** Settings of a server, durations in milliseconds, 0 = none. */
interface ServerSettings {
  readonly address: ListenAddress;
  readonly readMs: number;
  readonly writeMs: number;
  readonly idleMs: number;
  readonly handlerMs: number;
  readonly bodyBytesMax: number;
  readonly exposeErrors: boolean;
  readonly stopMs: number;
}

/** A server of the application. */
export class HttpServer implements Stoppable {
  readonly #context: ServerContext;
  #entry: Entry;
  #settings: ServerSettings;
  #generation: Generation;
  #listener: Listener | undefined;
  #address: ListenAddress | undefined;
  /** Listeners that accept nothing any more and still have requests in flight. */
  readonly #leaving = new Set<Listener>();

  constructor(generation: Generation, context: ServerContext) {
    this.#context = context;
    this.#entry = generation.plan.entry;
    this.#settings = readSettings(this.#entry);
    this.#generation = generation;
  }

  /** The `http.service` entry in force. */
  get entry(): Entry {
    return this.#entry;
  }

  /** Where it listens, with the real port; `undefined` when it does not. */
  get address(): ListenAddress | undefined {
    return this.#address;
  }

  /** The routes in service. */
  get generation(): Generation {
    return this.#generation;
  }

  /**
   * Starts listening.
   * @throws MH_HTTP_ADDRESS_TAKEN, MH_HTTP_LISTEN_FAILED, MH_HTTP_TLS_INVALID
   */
  async start(): Promise<ListenAddress> {
    assert(this.#listener === undefined, `server ${this.#entry.id} is started once`);
    const listener = this.#openListener();
    this.#listener = listener;
    try {
      this.#address = await listener.listen(this.#settings.address);
    } catch (error) {
      if (this.#listener === listener) this.#listener = undefined;
      await listener.stop(0);
      throw error;
    }
    this.#context.log.info('http server listening', {
      server: this.#entry.id,
      address: formatAddress(this.#address),
    });
    return this.#address;
  }

  /**
   * Stops: no new connections, requests in flight may finish within `timeoutMs` (default
   * `lifecycle.stop_timeout`), connections that left HTTP are told, then sockets are destroyed. Asking again with
   * less time hurries.
   */
  async stop(timeoutMs = this.#settings.stopMs): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#address = undefined;
    if (listener !== undefined) this.#leaving.add(listener);
    await Promise.all([...this.#leaving].map((each) => this.#drain(each, timeoutMs)));
    if (listener !== undefined) this.#context.log.info('http server stopped', { server: this.#entry.id });
  }

  /** Swaps the routes in one step. @returns the routes that were in service. */
  swap(generation: Generation): Generation {
    const retired = this.#generation;
    this.#generation = generation;
    return retired;
  }

  /**
   * Takes over a changed entry: settings in place; another address or certificate is bound first, then the
   * old listener drains (`app-format.md` § 8).
   * @throws as `start`; the server goes on as it was then.
   */
  async reconfigure(entry: Entry): Promise<void> {
    const previous = this.#settings;
    const old = this.#listener;
    const settings = readSettings(entry);
    const isSamePlace = equalValues(entry.data.addr, this.#entry.data.addr);
    const isSameTls = equalValues(entry.data.tls, this.#entry.data.tls);
    const oldEntry = this.#entry;
    this.#entry = entry;
    this.#settings = settings;
    if (old === undefined || (isSamePlace && isSameTls)) {
      old?.setTimeouts(settings);
      return;
    }
    try {
      const listener = this.#openListener();
      // Only a new certificate on the same port must let go first: two listeners cannot share it.
      if (isSamePlace) old.stopAccepting();
      this.#address = await listener.listen(settings.address);
      this.#listener = listener;
    } catch (error) {
      this.#entry = oldEntry;
      this.#settings = previous;
      throw error;
    }
    this.#context.log.info('http server moved', { server: entry.id, address: formatAddress(this.#address) });
    this.#leaving.add(old);
    void this.#drain(old, previous.stopMs);
  }

  /** Answers a request without a socket; works whether it listens or not. */
  async inject(request: InjectOptions): Promise<LightMyRequestResponse> {
    const listener = this.#listener ?? this.#openListener();
    return listener.inject(request);
  }

  async #drain(listener: Listener, timeoutMs: number): Promise<void> {
    await listener.stop(timeoutMs);
    this.#leaving.delete(listener);
  }

  #openListener(): Listener {
    const { clock, environment } = this.#context;
    const listener: Listener = new Listener({
      clock,
      tls: parseTls(this.#entry.data.tls, environment),
      handler: (request, response, upgrade) => this.#handle(host, request, response, upgrade),
    });
    const host = this.#hostOf(listener);
    listener.setTimeouts(this.#settings);
    return listener;
  }

  /** What exchanges of a listener see of this server: always its present state. */
  #hostOf(listener: Listener): ExchangeHost {
    const server = this;
    const { clock, log } = this.#context;
    return {
      clock,
      log,
      get server() {
        return server.#entry;
      },
      get bodyBytesMax() {
        return server.#settings.bodyBytesMax;
      },
      get isStopping() {
        return listener.isClosing;
      },
      adopt: (socket, owner) => listener.adopt(socket, owner),
    };
  }

  #handle(
    host: ExchangeHost,
    request: IncomingMessage,
    response: ServerResponse,
    upgrade: UpgradeOffer | undefined,
  ): void {
    const target = tryParseTarget(request.url ?? '');
    if (target === undefined || countHosts(request) > 1) {
      refuse(response, 400, 'bad request');
      return;
    }
    const { system, clock, log, ambientOf } = this.#context;
    let ambient: Ambient;
    try {
      ambient = ambientOf?.(this.#entry) ?? EMPTY_AMBIENT;
    } catch (error) {
      // A policy of the server that went missing must close the door, not open it.
      log.error('server has no identity', { server: this.#entry.id, cause: toFailure(error).message });
      refuse(response, 500, 'internal server error');
      return;
    }
    const { handlerMs, writeMs, exposeErrors } = this.#settings;
    const exchange = new Exchange({ host, request, response, target, ambient, upgrade });
    void serve(exchange, {
      generation: this.#generation,
      system,
      clock,
      log,
      handlerTimeoutMs: handlerMs,
      writeTimeoutMs: writeMs,
      exposeErrors,
    });
  }
}

/** @throws MH_HTTP_ADDRESS_INVALID, MH_DURATION_INVALID */
function readSettings(entry: Entry): ServerSettings {
  const { addr, timeouts, max_body, expose_errors, lifecycle } = entry.data;
  const times = isMapping(timeouts) ? timeouts : {};
  const writeMs = milliseconds(times.write, 0);
  return {
    address: parseAddress(String(addr)),
    readMs: milliseconds(times.read, 0),
    writeMs,
    idleMs: milliseconds(times.idle, 0),
    handlerMs: milliseconds(times.handler, writeMs > 0 ? writeMs : HANDLER_TIMEOUT_MS),
    bodyBytesMax: typeof max_body === 'number' && max_body > 0 ? max_body : REQUEST_BODY_BYTES_MAX,
    exposeErrors: expose_errors === true,
    stopMs: milliseconds(isMapping(lifecycle) ? lifecycle.stop_timeout : undefined, STOP_TIMEOUT_MS),
  };
}

function milliseconds(value: Value | undefined, fallbackMs: number): number {
  if (value === undefined || value === null) return fallbackMs;
  return parseDurationMs(String(value));
}

/** One line of text and the end of the connection, for requests that never become an exchange. */
function refuse(response: ServerResponse, status: number, line: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end(`${line}\n`);
}

/** RFC 9112 3.2: a request with more than one `Host` line must be refused. */
function countHosts(request: IncomingMessage): number {
  let count = 0;
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]!.length === 4 && request.rawHeaders[i]!.toLowerCase() === 'host') count++;
  }
  return count;
}
