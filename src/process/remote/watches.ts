/** Monitors of the host itself on processes of other nodes: what `ProcessSystem.watch` is there. */
import type { Log, Pid } from '../../base/index.ts';
import type { Outcome } from '../mail/message.ts';
import type { EndObserver } from '../record/record.ts';
import type { NodeSession, RemoteRef } from '../session/session.ts';
import { assertHeld } from '../table/refusal.ts';

interface Watch {
  readonly ref: RemoteRef;
  readonly observers: Set<EndObserver>;
}

/** One monitor per watched process, however many watch it. */
export class RemoteWatches {
  /** What the other nodes know as the watcher; no process has this PID (`process.md` § 1.3). */
  readonly #watcher: Pid;
  readonly #log: Log;
  readonly #watches = new Map<Pid, Watch>();

  constructor(watcher: Pid, log: Log) {
    this.#watcher = watcher;
    this.#log = log;
  }

  /**
   * Calls back once when the process ends, was found gone, or its node is lost. `isShared` is always true.
   * @returns withdraws the observer.
   * @throws MH_CLUSTER_CONGESTED, MH_PROCESS_NODE_NOT_FOUND
   */
  watch(ref: RemoteRef, ended: EndObserver): () => void {
    const watch = this.#watches.get(ref.pid) ?? this.#open(ref);
    // A wrapper, so that watching twice with one function is two observers.
    const observer: EndObserver = (outcome, isShared) => ended(outcome, isShared);
    watch.observers.add(observer);
    return () => {
      if (!watch.observers.delete(observer) || watch.observers.size > 0) return;
      if (this.#watches.get(ref.pid) !== watch) return;
      this.#watches.delete(ref.pid);
      ref.session.report({ kind: 'unmonitor', from: this.#watcher, to: ref.pid });
    };
  }

  /** A process of another node has ended. Nothing happens when nobody watches it. */
  ended(pid: Pid, outcome: Outcome): void {
    const watch = this.#watches.get(pid);
    if (watch === undefined) return;
    this.#watches.delete(pid);
    for (const observer of watch.observers) {
      try {
        observer(outcome, true);
      } catch (error) {
        this.#log.error('end observer failed', { pid, error });
      }
    }
  }

  /** A node was lost, and everything that was watched there with it. */
  lost(session: NodeSession, outcome: Outcome): void {
    for (const { ref } of [...this.#watches.values()]) {
      if (ref.session === session) this.ended(ref.pid, outcome);
    }
  }

  #open(ref: RemoteRef): Watch {
    const signal = { kind: 'monitor', from: this.#watcher, to: ref.pid } as const;
    assertHeld(ref.session.ask(signal), 'watch', ref.pid);
    const watch: Watch = { ref, observers: new Set() };
    this.#watches.set(ref.pid, watch);
    return watch;
  }
}
