/**
 * The port behind `middleware:` and `post_middleware:` (`http.md` § 3). A factory is asked once per router
 * and position; what it makes sees every request of that router's routes.
 */
import type { Clock, Log } from '../../base/index.ts';
import type { Entry, EntryLookup } from '../../registry/index.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { MiddlewareOptions } from './middleware-options.ts';

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
  /** Working directory of the hub, absolute: relative directories start there. */
  readonly cwd: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A middleware by name. The hub collects these; relay/ brings its own. */
export interface MiddlewareFactory {
  /** As written in `middleware:` lists, e.g. `cors`. */
  readonly name: string;
  /** Kinds of entries `create` looks up: when one of them changes, routers are checked again. Default: none. */
  readonly kinds?: readonly string[];
  /**
   * Cheap and without effect before the first request: also called (and closed) to check a definition.
   * @throws HubError for a malformed option; reported as a load error naming the router.
   */
  create(place: MiddlewarePlace): Middleware;
}
