/**
 * Where a server is to be found: the listener in service, those that came before it and still have requests in
 * flight, and the way from one to the next (`app-format.md` § 8).
 *
 * A move ends in one of these ways, and the old place serves until the new one does:
 *   a new certificate      the listener takes it over; nothing is opened or closed;
 *   another address        is bound first, then the old listener drains;
 *   the port is our own    (HTTP becomes HTTPS, one interface becomes all): the old listener lets go, the new one
 *                          binds; when it cannot, the old place is opened again;
 *   it cannot be bound     said with both addresses, and tried again with back-off until it works or the wish changes;
 *   the server is stopped  whatever was being opened is closed.
 */
import { isIP } from 'node:net';
import {
  assert,
  type Clock,
  type Failure,
  HubError,
  LISTEN_RETRY_MS_MAX,
  LISTEN_RETRY_MS_MIN,
  type Log,
  type Stoppable,
  type Timer,
  toFailure,
} from '../../base/index.ts';
import { equalValues, type Value } from '../../registry/index.ts';
import { formatAddress, type ListenAddress } from './address.ts';
import type { Listener } from './listener.ts';
import { type EnvironmentLookup, parseTls, type TlsSettings } from './tls.ts';

/** What an entry says about where its server listens. */
export interface Place {
  readonly address: ListenAddress;
  /** The `tls` mapping as written. */
  readonly tls: Value | undefined;
}

/** Why a server is not where its entry wants it. */
export interface Obstacle {
  /** The address that is wanted, e.g. `127.0.0.1:8080`. */
  readonly wanted: string;
  readonly failure: Failure;
  /** Failed attempts, the first included. */
  readonly attempts: number;
  /** Milliseconds until the next; `undefined` = only another edit helps. */
  readonly retryInMs: number | undefined;
}

/** What a site needs. */
export interface SiteOptions {
  readonly clock: Clock;
  /** Knows which server it is. */
  readonly log: Log;
  readonly environment: EnvironmentLookup;
  /** Makes a listener that does not listen yet. */
  readonly createListener: (tls: TlsSettings | undefined) => Listener;
}

interface Presence {
  readonly place: Place;
  readonly listener: Listener;
}

/** Where one server is to be found. */
export class Site implements Stoppable {
  readonly #options: SiteOptions;
  /** `undefined` = it is not started. */
  #wanted: Place | undefined;
  /** For good: nothing moves any more, and what opens all the same accepts nothing. */
  #isRefusing = false;
  #present: Presence | undefined;
  /** Listeners not in service yet, or not any more. */
  readonly #others = new Set<Listener>();
  /** Time requests of an earlier place have. */
  #drainMs = 0;
  #obstacle: Obstacle | undefined;
  #retry: Timer | undefined;
  /** Counts starts and stops, so that a start that fails late does not undo the next. */
  #run = 0;
  /** Openings and moves happen one after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  /** The listener in service. */
  get listener(): Listener | undefined {
    return this.#present?.listener;
  }

  /** Where it listens, with the real port; `undefined` when it does not. */
  get address(): ListenAddress | undefined {
    return this.listener?.address;
  }

  /** Why it is not where it is wanted; `undefined` when it is, or is stopped. */
  get obstacle(): Obstacle | undefined {
    return this.#obstacle;
  }

  /**
   * Starts listening.
   * @throws MH_HTTP_ADDRESS_TAKEN, MH_HTTP_LISTEN_FAILED, MH_HTTP_TLS_INVALID
   */
  async start(place: Place): Promise<ListenAddress> {
    assert(this.#wanted === undefined, 'a site is started once');
    this.#wanted = place;
    const run = ++this.#run;
    try {
      return await this.#inTurn(() => this.#open(place, place.address));
    } catch (error) {
      if (this.#run === run) this.#wanted = undefined;
      throw error;
    }
  }

  /**
   * Follows an edit. Resolves when it moved, or could not: `obstacle` says so, and it is tried again.
   * @param drainMs time requests at the old place have.
   */
  async follow(place: Place, drainMs: number): Promise<void> {
    if (this.#wanted === undefined || this.#isRefusing) return;
    this.#wanted = place;
    this.#drainMs = drainMs;
    this.#forgetObstacle();
    await this.#inTurn(() => this.#tryMove());
  }

  /** Accepts nothing new from now on, for good; see `Listener.refuse`. */
  refuse(): void {
    this.#isRefusing = true;
    this.#forgetObstacle();
    for (const listener of this.#listeners()) listener.refuse();
  }

  /** Refuses, and waits for what is under way; see `Listener.drain`. */
  async drain(timeoutMs: number): Promise<void> {
    this.refuse();
    await Promise.all(this.#listeners().map((listener) => listener.drain(timeoutMs)));
  }

  /** What is under way. */
  get work(): { readonly requests: number; readonly connections: number } {
    const works = this.#listeners().map(({ work }) => work);
    return {
      requests: works.reduce((sum, { requests }) => sum + requests, 0),
      connections: works.reduce((sum, { connections }) => sum + connections, 0),
    };
  }

  /** Stops listening: refuses first, then see `Listener.stop`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#wanted = undefined;
    this.#run++;
    this.#forgetObstacle();
    for (const listener of this.#listeners()) listener.refuse();
    this.#leave(timeoutMs);
    await Promise.all([...this.#others].map((listener) => this.#end(listener, timeoutMs)));
  }

  #listeners(): readonly Listener[] {
    return this.listener === undefined ? [...this.#others] : [this.listener, ...this.#others];
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.then(ignore, ignore); // Whoever asked for it is told.
    return result;
  }

  async #tryMove(): Promise<void> {
    const place = this.#wanted;
    if (
      place === undefined ||
      this.#isRefusing ||
      (this.#present !== undefined && isSame(this.#present.place, place))
    )
      return;
    try {
      const event = await this.#moveTo(place);
      this.#forgetObstacle();
      this.#options.log.info(event, { address: shown(this.address) });
    } catch (error) {
      if (this.#wanted !== undefined) this.#report(place, error);
    }
  }

  /** @returns what to say in the log. */
  async #moveTo(place: Place): Promise<string> {
    const old = this.#present;
    if (old === undefined) {
      await this.#open(place, place.address);
      return 'http server listening';
    }
    if (this.#tryRenew(old, place)) return 'http certificate renewed';
    const address = keepPort(place.address, old);
    try {
      await this.#open(place, address);
    } catch (error) {
      if (!isOurs(error, address, old)) throw error;
      await this.#trade(old, place, address);
    }
    return 'http server moved';
  }

  /** Binds an address that is taken by the listener in service. */
  async #trade(old: Presence, place: Place, address: ListenAddress): Promise<void> {
    const oldAddress = old.listener.address!;
    this.#leave(this.#drainMs);
    try {
      await this.#open(place, address);
    } catch (error) {
      if (this.#wanted !== undefined) await this.#open(old.place, oldAddress);
      throw error;
    }
  }

  /** A certificate changes in place, as long as clients are asked for theirs in the same way. */
  #tryRenew({ place, listener }: Presence, wanted: Place): boolean {
    if (!isSameAddress(place.address, wanted.address)) return false;
    const tls = parseTls(wanted.tls, this.#options.environment);
    if (tls === undefined || !listener.tryRenew(tls)) return false;
    this.#present = { place: wanted, listener };
    return true;
  }

  /** A new listener takes the place of the one in service, if there is one. */
  async #open(place: Place, address: ListenAddress): Promise<ListenAddress> {
    this.#assertWanted(address);
    const listener = this.#options.createListener(parseTls(place.tls, this.#options.environment));
    this.#others.add(listener);
    try {
      if (this.#isRefusing) listener.refuse();
      const bound = await listener.listen(address);
      this.#assertWanted(address);
      this.#leave(this.#drainMs);
      this.#others.delete(listener);
      this.#present = { place, listener };
      return bound;
    } catch (error) {
      await this.#end(listener, 0);
      throw error;
    }
  }

  /** The listener in service accepts nothing more; what is under way has so much time. */
  #leave(timeoutMs: number): void {
    const { listener } = this;
    if (listener === undefined) return;
    this.#present = undefined;
    this.#others.add(listener);
    void this.#end(listener, timeoutMs);
  }

  /** @throws MH_HTTP_LISTEN_FAILED when it was stopped while this waited */
  #assertWanted(address: ListenAddress): void {
    if (this.#wanted !== undefined) return;
    const message = `Cannot listen on ${formatAddress(address)}: the server was stopped`;
    throw new HubError('MH_HTTP_LISTEN_FAILED', { message });
  }

  async #end(listener: Listener, timeoutMs: number): Promise<void> {
    await listener.stop(timeoutMs);
    this.#others.delete(listener);
  }

  #report(place: Place, error: unknown): void {
    const attempts = (this.#obstacle?.attempts ?? 0) + 1;
    const isHopeless = error instanceof HubError && error.code === 'MH_HTTP_TLS_INVALID';
    const retryInMs = isHopeless
      ? undefined
      : Math.min(LISTEN_RETRY_MS_MIN * 2 ** (attempts - 1), LISTEN_RETRY_MS_MAX);
    const failure = toFailure(error);
    const wanted = formatAddress(place.address);
    this.#obstacle = { wanted, failure, attempts, retryInMs };
    const { log, clock } = this.#options;
    const fields = { wanted, serving: shown(this.address), cause: failure.message, attempts, retryInMs };
    // The old address in service is better than no server at all, which somebody must look after.
    if (this.address === undefined) log.error('http server not moved', fields);
    else log.warn('http server not moved', fields);
    const retry = (): void => void this.#inTurn(() => this.#tryMove());
    if (retryInMs !== undefined) this.#retry = clock.setTimer(retryInMs, retry);
  }

  #forgetObstacle(): void {
    this.#retry?.cancel();
    this.#obstacle = undefined;
  }
}

function isSame(a: Place, b: Place): boolean {
  return isSameAddress(a.address, b.address) && equalValues(a.tls, b.tls);
}

function isSameAddress(a: ListenAddress, b: ListenAddress): boolean {
  return a.host === b.host && a.port === b.port;
}

/** "Any free port" keeps the one it has. */
function keepPort(wanted: ListenAddress, { place, listener }: Presence): ListenAddress {
  return isSameAddress(wanted, place.address) ? (listener.address ?? wanted) : wanted;
}

/** Whether an address is taken because the listener in service has it, or may have. */
function isOurs(error: unknown, { host, port }: ListenAddress, { listener }: Presence): boolean {
  const ours = listener.address;
  if (!(error instanceof HubError) || error.code !== 'MH_HTTP_ADDRESS_TAKEN') return false;
  if (ours === undefined || ours.port !== port) return false;
  return ours.host === host || !isOneInterface(ours.host) || !isOneInterface(host);
}

/** Whether a host is the address of one interface; a name may stand for several. */
function isOneInterface(host: string): boolean {
  return isIP(host) !== 0 && host !== '0.0.0.0' && host !== '::';
}

function ignore(): void {}

function shown(address: ListenAddress | undefined): string | undefined {
  return address === undefined ? undefined : formatAddress(address);
}
