/**
 * One `http.service` at work: a listener, the routes of the moment and the settings of its entry. Routes are
 * swapped, settings changed and even the address moved while requests are in flight.
 */
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import {
  type ByteBudget,
  type Clock,
  HANDLER_TIMEOUT_MS,
  LimitedLog,
  type Log,
  parseDurationMs,
  REQUEST_BODY_BYTES_MAX,
  STOP_TIMEOUT_MS,
  type Stoppable,
  toFailure,
} from '../../base/index.ts';
import { type Ambient, EMPTY_AMBIENT, type ProcessSystem } from '../../process/index.ts';
import { type Entry, isMapping, type Value } from '../../registry/index.ts';
import { Delivery } from '../exchange/delivery.ts';
import type { ExchangeHost } from '../exchange/exchange.ts';
import { formatAddress, type ListenAddress, parseAddress } from './address.ts';
import { answerRequest } from './answer.ts';
import type { Generation } from './generation.ts';
import { Listener, type RefusedHead, type RequestHandler } from './listener.ts';
import { answerAtOnce } from './request-head.ts';
import { type Obstacle, type Place, Site } from './site.ts';
import { type EnvironmentLookup, parseTls, type TlsSettings } from './tls.ts';

/** What every server of a hub shares. */
export interface ServerContext {
  readonly system: Pick<ProcessSystem, 'call'>;
  readonly clock: Clock;
  readonly log: Log;
  /** What waits for slow clients, all of it together. */
  readonly budget: ByteBudget;
  readonly environment: EnvironmentLookup;
  /** Context, actor and scope requests of a server start with (`lifecycle.security`). Default: none. */
  readonly ambientOf?: (server: Entry) => Ambient;
}

/** Settings that take effect in place, durations in milliseconds, 0 = none. */
interface ServerSettings {
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
  readonly #log: Log;
  readonly #limitedLog: LimitedLog;
  readonly #site: Site;
  #entry: Entry;
  #settings: ServerSettings;
  #generation: Generation;

  constructor(generation: Generation, context: ServerContext) {
    this.#context = context;
    this.#entry = generation.plan.entry;
    this.#settings = readSettings(this.#entry);
    this.#generation = generation;
    this.#log = context.log.with({ server: this.#entry.id });
    const { clock, environment } = context;
    this.#limitedLog = new LimitedLog({ clock, log: this.#log });
    const createListener = (tls: TlsSettings | undefined): Listener => this.#createListener(tls);
    this.#site = new Site({ clock, log: this.#log, environment, createListener });
  }

  /** The `http.service` entry in force. */
  get entry(): Entry {
    return this.#entry;
  }

  /** Where it listens, with the real port; `undefined` when it does not. */
  get address(): ListenAddress | undefined {
    return this.#site.address;
  }

  /** Whether it speaks TLS where it listens. */
  get isSecure(): boolean {
    return this.#site.listener?.isSecure === true;
  }

  /** Why it is not where its entry wants it; it is tried again. `undefined` = it is. */
  get obstacle(): Obstacle | undefined {
    return this.#site.obstacle;
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
    const address = await this.#site.start(placeOf(this.#entry));
    this.#log.info('http server listening', { address: formatAddress(address) });
    return address;
  }

  /** Accepts nothing new from now on, for good: connections are refused, requests answered with 503 (`relay.md` L9). */
  refuse(): void {
    this.#site.refuse();
  }

  /**
   * Refuses, tells connections that left HTTP, and waits for requests under way, at most `lifecycle.stop_timeout`. Sockets
   * may still be there then: `stop` waits for them.
   */
  drain(): Promise<void> {
    return this.#site.drain(this.#settings.stopMs);
  }

  /** Requests under way, and connections that left HTTP. */
  get work(): { readonly requests: number; readonly connections: number } {
    return this.#site.work;
  }

  /**
   * Stops: no new connections, 503 on those that are open, requests in flight may finish within `timeoutMs` (default
   * `lifecycle.stop_timeout`), connections that left HTTP are told, then sockets are destroyed. Asking again with
   * less time hurries.
   */
  async stop(timeoutMs = this.#settings.stopMs): Promise<void> {
    const isListening = this.address !== undefined;
    await this.#site.stop(timeoutMs);
    if (isListening) this.#log.info('http server stopped');
  }

  /** Swaps the routes in one step. @returns the routes that were in service. */
  swap(generation: Generation): Generation {
    const retired = this.#generation;
    this.#generation = generation;
    return retired;
  }

  /**
   * Takes over a changed entry: settings at once and in place; another address or certificate as `Site` says. One
   * that cannot be had now does not fail the change: see `obstacle`.
   */
  async reconfigure(entry: Entry): Promise<void> {
    const drainMs = this.#settings.stopMs;
    this.#entry = entry;
    this.#settings = readSettings(entry);
    this.#site.listener?.setTimeouts(this.#settings);
    await this.#site.follow(placeOf(entry), drainMs);
  }

  /** Answers a request without a socket; works whether it listens or not. */
  async inject(request: InjectOptions): Promise<LightMyRequestResponse> {
    const listener =
      this.#site.listener ?? this.#createListener(parseTls(this.#entry.data.tls, this.#context.environment));
    return listener.inject(request);
  }

  #createListener(tls: TlsSettings | undefined): Listener {
    const listener: Listener = new Listener({
      clock: this.#context.clock,
      tls,
      onRefused: (facts) => this.#reportRefused(facts),
      handler: (...request) => this.#handle(host, ...request),
    });
    const host = this.#hostOf(listener);
    listener.setTimeouts(this.#settings);
    return listener;
  }

  /** What exchanges of a listener see of this server: always its present state. */
  #hostOf(listener: Listener): ExchangeHost {
    const server = this;
    const { clock, log, budget } = this.#context;
    return {
      clock,
      log,
      budget,
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

  /** Anybody who finds the port sends such things; only a socket that was refused has somebody who misses it. */
  #reportRefused({ cause, isUpgrade, ...fields }: RefusedHead): void {
    const level = isUpgrade ? 'warn' : 'debug';
    this.#limitedLog.write(`head ${level} ${cause}`, level, 'request head refused', { ...fields, cause });
  }

  #handle(host: ExchangeHost, ...[request, response, target, upgrade]: Parameters<RequestHandler>): void {
    const { system, clock, log, ambientOf } = this.#context;
    let ambient: Ambient;
    try {
      ambient = ambientOf?.(this.#entry) ?? EMPTY_AMBIENT;
    } catch (error) {
      // A policy of the server that went missing must close the door, not open it.
      log.error('server has no identity', { server: this.#entry.id, cause: toFailure(error).message });
      answerAtOnce(response, 500, 'internal server error');
      return;
    }
    const { handlerMs, writeMs, exposeErrors } = this.#settings;
    const delivery = new Delivery({ host, request, response, target, ambient, upgrade });
    void answerRequest(delivery, {
      generation: this.#generation,
      system,
      clock,
      log,
      limitedLog: this.#limitedLog,
      handlerTimeoutMs: handlerMs,
      writeTimeoutMs: writeMs,
      exposeErrors,
    });
  }
}

/** @throws MH_HTTP_ADDRESS_INVALID */
function placeOf({ data }: Entry): Place {
  return { address: parseAddress(String(data.addr)), tls: data.tls };
}

/** @throws MH_DURATION_INVALID */
function readSettings(entry: Entry): ServerSettings {
  const { timeouts, max_body, expose_errors, lifecycle } = entry.data;
  const times = isMapping(timeouts) ? timeouts : {};
  const writeMs = milliseconds(times.write, 0);
  return {
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
