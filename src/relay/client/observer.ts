import { assert, type EntryId, type Log, type Pid } from '../../base/index.ts';
import type { Exchange } from '../../http/index.ts';
import type { Ending } from './ending.ts';
import type { Refusal } from './refusal.ts';

/**
 * What can be seen of connections from outside, for an inspector. Every hook is called at once, where it happens, and
 * holds up the connection until it returns. Of one PID: `opened`, then frames, then `closed`, each end exactly once.
 * A hook that throws is logged, and its observer taken off: it harms no connection.
 */
export interface RelayObserver {
  /** A client PID exists; the first frame is still to come. */
  opened?(connection: ObservedConnection): void;
  /** A whole data message from a WebSocket client. `data` is lent: copy what you keep. */
  received?(pid: Pid, data: Uint8Array, isBinary: boolean): void;
  /** A data frame to a WebSocket client, or an event with its name to an event stream. `data` is lent. */
  sent?(pid: Pid, data: Uint8Array, isBinary: boolean): void;
  /** The connection left the open state. */
  closed?(pid: Pid, ending: Ending): void;
  /** A request became no connection: refused before its handler ran, or for what the handler asked. */
  refused?(request: ObservedRequest, refusal: Refusal): void;
}

/** Where a request came in. */
export interface ObservedRequest {
  readonly path: string;
  readonly remoteAddress: string;
  /** The `http.service`. */
  readonly server: EntryId;
  /** The `http.router` and the `http.endpoint` that matched. */
  readonly router: EntryId | undefined;
  readonly endpoint: EntryId | undefined;
}

/** A connection and the request it was. */
export interface ObservedConnection extends ObservedRequest {
  readonly pid: Pid;
  /** What `inspect` reports as its code: `moonhub:websocket` or `moonhub:sse`. */
  readonly entryId: string;
  /** The process it reports to at first; `undefined` = detached (Q4). */
  readonly target: Pid | undefined;
}

/** What an observer sees of a request. */
export function toObservedRequest({ request, server, router, endpoint }: Exchange): ObservedRequest {
  const { path, remoteAddress } = request;
  return { path, remoteAddress, server: server.id, router: router?.id, endpoint: endpoint?.id };
}

/** The one place an observer can take. Empty, it costs a branch: `slot.observer?.sent(...)` evaluates nothing. */
export class ObserverSlot {
  readonly #log: Log;
  #observer: Required<RelayObserver> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The observer, made safe to call; `undefined` = nobody looks. */
  get observer(): Required<RelayObserver> | undefined {
    return this.#observer;
  }

  /**
   * Starts observing. One at a time: whoever serves several tells them itself.
   * @returns a way to stop; idempotent
   */
  observe(observer: RelayObserver): () => void {
    assert(this.#observer === undefined, 'the relay has one observer at a time');
    const guarded: Required<RelayObserver> = {
      opened: (connection) => this.#try(() => observer.opened?.(connection)),
      received: (pid, data, isBinary) => this.#try(() => observer.received?.(pid, data, isBinary)),
      sent: (pid, data, isBinary) => this.#try(() => observer.sent?.(pid, data, isBinary)),
      closed: (pid, ending) => this.#try(() => observer.closed?.(pid, ending)),
      refused: (request, refusal) => this.#try(() => observer.refused?.(request, refusal)),
    };
    this.#observer = guarded;
    return () => {
      if (this.#observer === guarded) this.#observer = undefined;
    };
  }

  #try(hook: () => void): void {
    try {
      hook();
    } catch (error) {
      this.#observer = undefined;
      this.#log.error('relay observer failed', { error });
    }
  }
}
