/**
 * Looking on: what happens to processes, for inspectors and metrics. Nobody looks on most of the time; then each event
 * costs one branch. An observer harms nobody: what it throws is caught here.
 */
import type { Log, Pid } from '../../base/index.ts';
import type { Outcome } from '../mail/message.ts';
import type { ProcessRecord } from '../record/record.ts';
import type { NameTable } from './names.ts';
import { type ProcessSnapshot, toSnapshot } from './snapshot.ts';

/**
 * Someone who looks on (`ProcessSystem.observe`). Everything is optional and told as it happens, inside the call that
 * makes it happen: be short, and change nothing there. What an observer causes while it is told something is told to
 * the others, not to itself.
 */
export interface ProcessObserver {
  /** The code of a process is loaded and its `main` will run. A start that fails is never told. */
  started?(process: ProcessSnapshot): void;
  /** A process that started has ended, once. The value of the outcome belongs to others. */
  ended?(pid: Pid, outcome: Outcome): void;
  /**
   * A message is in a mailbox, or on its way to another node; told by the node it was sent from. `from` undefined =
   * the host itself. Messages that belong to a start are not told.
   */
  sent?(from: Pid | undefined, to: Pid, topic: string): void;
  /** A process ran for so long, slices of its loading included. The last step is told after `ended`. */
  stepped?(pid: Pid, ms: number): void;
}

/** The one place where the system looks whether anybody looks on. */
export class ObserverSlot {
  /** Whom to tell; `undefined` = nobody. Ask at each event, it comes and goes. */
  current: Audience | undefined;
  readonly #log: Log;
  readonly #names: NameTable;
  #watchers: readonly Watcher[] = [];

  constructor(log: Log, names: NameTable) {
    this.#log = log;
    this.#names = names;
  }

  /** Lets somebody look on from now on. @returns ends it; nothing is told afterwards. Idempotent. */
  add(observer: ProcessObserver): () => void {
    const watcher = new Watcher(observer, this.#log);
    this.#set([...this.#watchers, watcher]);
    return () => {
      watcher.leave();
      this.#set(this.#watchers.filter((other) => other !== watcher));
    };
  }

  #set(watchers: readonly Watcher[]): void {
    this.#watchers = watchers;
    this.current = watchers.length === 0 ? undefined : new Audience(watchers, this.#names);
  }
}

/** Everybody who looks on, in the order they came; never changed, so that a loop over it cannot stumble. */
export class Audience {
  readonly #watchers: readonly Watcher[];
  readonly #names: NameTable;

  constructor(watchers: readonly Watcher[], names: NameTable) {
    this.#watchers = watchers;
    this.#names = names;
  }

  started(record: ProcessRecord): void {
    const snapshot = toSnapshot(record, this.#names);
    this.#tell((observer) => observer.started?.(snapshot));
  }

  ended(pid: Pid, outcome: Outcome): void {
    this.#tell((observer) => observer.ended?.(pid, outcome));
  }

  sent(from: Pid | undefined, to: Pid, topic: string): void {
    this.#tell((observer) => observer.sent?.(from, to, topic));
  }

  stepped(pid: Pid, ms: number): void {
    this.#tell((observer) => observer.stepped?.(pid, ms));
  }

  #tell(event: (observer: ProcessObserver) => void): void {
    for (const watcher of this.#watchers) watcher.tell(event);
  }
}

/** One observer behind its guard. */
class Watcher {
  readonly #observer: ProcessObserver;
  readonly #log: Log;
  #isGone = false;
  #isTold = false;
  #hasFailed = false;

  constructor(observer: ProcessObserver, log: Log) {
    this.#observer = observer;
    this.#log = log;
  }

  leave(): void {
    this.#isGone = true;
  }

  tell(event: (observer: ProcessObserver) => void): void {
    if (this.#isGone || this.#isTold) return;
    this.#isTold = true;
    try {
      event(this.#observer);
    } catch (error) {
      // Said once: one that fails at every message must not fill the log.
      if (!this.#hasFailed) this.#log.error('process observer failed', { error });
      this.#hasFailed = true;
    } finally {
      this.#isTold = false;
    }
  }
}
