/**
 * The port behind `middleware:` and `post_middleware:` (`http.md` § 3). A factory is asked once per router
 * and position; what it makes sees every request of that router's routes.
 */
import { type Clock, HubError, type Log, parseDurationMs } from '../../base/index.ts';
import type { Entry, EntryLookup } from '../../registry/index.ts';
import type { Exchange } from '../exchange/exchange.ts';

/** `answered` = the response is decided; nothing further inside runs, outer layers still see `after`. */
export type MiddlewareVerdict = 'answered' | undefined;

/** One layer around a handler. Both hooks run for upgrade requests too (`http.md` M5). */
export interface Middleware {
  /** Outside-in, ahead of the handler. A promise is waited for. */
  before?(exchange: Exchange): MiddlewareVerdict | Promise<MiddlewareVerdict>;
  /**
   * Inside-out, once the handler has ended in any way (`exchange.failure` says how it failed) or an inner
   * layer answered, and before the prepared response is sent. A streaming response is on the wire already.
   */
  after?(exchange: Exchange): MiddlewareVerdict | Promise<MiddlewareVerdict>;
  /** The layer serves no new requests: its router changed or went. Releases timers. Called once. */
  close?(): void;
}

/** What a factory is told about its place. */
export interface MiddlewarePlace {
  /** `pre` = from `middleware`, around the route; `post` = from `post_middleware`, between route and handler. */
  readonly position: 'pre' | 'post';
  /** Option values as text; scalars of the definition are stringified. */
  readonly options: MiddlewareOptions;
  /** The `http.router` (or `http.static`) that lists it. */
  readonly router: Entry;
  /** The `http.service` it runs in. */
  readonly server: Entry;
  readonly entries: EntryLookup;
  /** Working directory of the hub, absolute. */
  readonly cwd: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A middleware by name. The hub collects these; relay/ brings its own. */
export interface MiddlewareFactory {
  /** As written in `middleware:` lists, e.g. `cors`. */
  readonly name: string;
  /**
   * Cheap and without effect before the first request: also called (and closed) to check a definition.
   * @throws HubError for a malformed option; reported as a load error naming the router.
   */
  create(place: MiddlewarePlace): Middleware;
}

/**
 * Options of one middleware list (`http.md` M4): dotted key first, then the legacy key; a present but
 * empty value means the default. Malformed values throw MH_HTTP_OPTION_INVALID naming key and value.
 */
export class MiddlewareOptions {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** All keys, as written. */
  keys(): Iterable<string> {
    return this.#values.keys();
  }

  /** The first of the keys that is present, even when its value is empty; `undefined` when none is. */
  raw(...keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const value = this.#values.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  text(fallback: string, ...keys: readonly string[]): string {
    return this.raw(...keys) || fallback;
  }

  /** Comma-separated words, trimmed, empty ones dropped. */
  list(fallback: string, ...keys: readonly string[]): readonly string[] {
    return this.text(fallback, ...keys)
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  }

  /** `true` only for the exact text `true`; other text than `true`/`false` throws. */
  flag(fallback: boolean, ...keys: readonly string[]): boolean {
    const text = this.raw(...keys) || String(fallback);
    if (text !== 'true' && text !== 'false') throw this.#invalid(keys, text, 'true or false');
    return text === 'true';
  }

  /** A whole number of at least `minimum`. */
  integer(fallback: number, minimum: number, ...keys: readonly string[]): number {
    const text = this.raw(...keys) || String(fallback);
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum) {
      throw this.#invalid(keys, text, `a whole number of at least ${minimum}`);
    }
    return value;
  }

  /** A duration in milliseconds; `fallback` is duration text. */
  durationMs(fallback: string, ...keys: readonly string[]): number {
    const text = this.raw(...keys) || fallback;
    try {
      return parseDurationMs(text);
    } catch {
      throw this.#invalid(keys, text, 'a duration such as "30s"');
    }
  }

  #invalid(keys: readonly string[], text: string, expected: string): HubError {
    const key = keys.find((name) => this.#values.has(name)) ?? keys[0];
    return new HubError('MH_HTTP_OPTION_INVALID', {
      message: `Cannot use option '${key}': expected ${expected}, got '${text}'`,
      details: { key, value: text },
    });
  }
}
