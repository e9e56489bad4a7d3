/**
 * What must be true of the process system, kept by somebody who sees every call and every delivery. It knows the
 * rules, not the implementation; each method throws when a rule was broken.
 */
import { assert, type Pid } from '../../src/base/index.ts';
import type { Outcome, ProcessSnapshot } from '../../src/process/index.ts';

/** The observer of a simulated process system. */
export class ProcessLedger {
  readonly ended = new Map<Pid, Outcome>();
  sent = 0;
  taken = 0;
  exits = 0;
  readonly #started = new Set<Pid>();
  readonly #sentInLane = new Map<string, number>();
  readonly #takenInLane = new Map<string, number>();
  readonly #monitors = new Set<string>();
  readonly #links = new Map<Pid, Set<Pid>>();
  readonly #traps = new Set<Pid>();
  /** Processes a broken link must have taken along by the end of the tick. */
  readonly #condemned = new Set<Pid>();
  /** Processes whose end was announced: it must say what for. */
  readonly #expected = new Set<Pid>();
  #openReceipts = 0;

  start(pid: Pid): void {
    assert(!this.#started.has(pid), `PID ${pid} was given twice`);
    this.#started.add(pid);
  }

  end(pid: Pid, outcome: Outcome): void {
    assert(this.#started.has(pid), `${pid} ended before it started`);
    assert(!this.ended.has(pid), `${pid} ended twice`);
    assert(
      !this.#expected.has(pid) || outcome.purpose !== undefined,
      `${pid} was to end on purpose, and its end does not say so`,
    );
    this.ended.set(pid, outcome);
    const peers = this.#links.get(pid) ?? [];
    this.#links.delete(pid);
    for (const peer of peers) {
      this.#links.get(peer)?.delete(pid);
      if (!outcome.ok && !this.#traps.has(peer)) this.#condemned.add(peer);
    }
  }

  /** Number of the next message of a lane: one sender, one receiver, one topic. */
  nextInLane(lane: string): number {
    return (this.#sentInLane.get(lane) ?? 0) + 1;
  }

  sendAccepted(lane: string): void {
    this.sent++;
    this.#sentInLane.set(lane, this.nextInLane(lane));
  }

  take(lane: string, number: number): void {
    this.taken++;
    const last = this.#takenInLane.get(lane) ?? 0;
    assert(number === last + 1, `lane ${lane}: message ${number} came after ${last}`);
    this.#takenInLane.set(lane, number);
  }

  /** A receipt that must be told exactly once. */
  receipt(): { taken(): void } {
    let isTold = false;
    this.#openReceipts++;
    return {
      taken: () => {
        assert(!isTold, 'a receipt was told twice');
        isTold = true;
        this.#openReceipts--;
      },
    };
  }

  receiptRefused(): void {
    this.#openReceipts--;
  }

  expectEnd(pid: Pid): void {
    this.#expected.add(pid);
  }

  monitor(watcher: Pid, target: Pid): void {
    this.#monitors.add(`${watcher}>${target}`);
  }

  unmonitor(watcher: Pid, target: Pid): void {
    if (!this.ended.has(target)) this.#monitors.delete(`${watcher}>${target}`);
  }

  exit(watcher: Pid, target: Pid, outcome: Outcome): void {
    this.exits++;
    assert(
      this.#monitors.delete(`${watcher}>${target}`),
      `${watcher} got an EXIT of ${target} it did not ask for`,
    );
    assert(this.ended.get(target) === outcome, `the EXIT of ${target} tells another end than happened`);
  }

  link(left: Pid, right: Pid): void {
    if (left === right) return;
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const) {
      const peers = this.#links.get(from) ?? new Set();
      peers.add(to);
      this.#links.set(from, peers);
    }
  }

  unlink(left: Pid, right: Pid): void {
    this.#links.get(left)?.delete(right);
    this.#links.get(right)?.delete(left);
  }

  trap(pid: Pid, isTrapping: boolean): void {
    if (isTrapping) this.#traps.add(pid);
    else this.#traps.delete(pid);
  }

  /** Compares the system's tables with what was asked of it, between two turns. */
  check(snapshots: readonly ProcessSnapshot[]): void {
    const alive = new Map(snapshots.map((snapshot) => [snapshot.pid, snapshot]));
    assert(
      alive.size === this.#started.size - this.ended.size,
      `${alive.size} processes are listed, ${this.#started.size - this.ended.size} should be`,
    );
    const holders = new Map<string, Pid>();
    for (const { pid, links, monitors, names } of snapshots) {
      assert(this.#started.has(pid) && !this.ended.has(pid), `${pid} is listed but not alive`);
      const expected = this.#links.get(pid) ?? new Set();
      assert(links.length === expected.size, `${pid} has ${links.length} links instead of ${expected.size}`);
      for (const peer of links) assert(expected.has(peer) && alive.has(peer), `${pid} is linked to ${peer}`);
      for (const watcher of monitors) {
        assert(alive.has(watcher), `${pid} is monitored by ${watcher}, which is gone`);
        assert(
          this.#monitors.has(`${watcher}>${pid}`),
          `${pid} is monitored by ${watcher}, which never asked`,
        );
      }
      for (const name of names) {
        assert(!holders.has(name), `name ${name} has two holders`);
        holders.set(name, pid);
      }
    }
    for (const pid of this.#condemned) assert(this.ended.has(pid), `${pid} outlived a broken link`);
    this.#condemned.clear();
  }

  /** After everything was stopped: nobody is left, and every message was read or is counted in the log as lost. */
  checkEmpty(lost: number): void {
    const { sent, taken } = this;
    assert(sent === taken + lost, `${sent} messages were sent, ${taken} read and ${lost} counted as lost`);
    for (const pid of this.#started) assert(this.ended.has(pid), `${pid} was left over`);
    assert(this.#openReceipts === 0, `${this.#openReceipts} receipts were never told`);
  }

  /** EXITs still owed to this watcher. */
  owedTo(watcher: Pid): string[] {
    return [...this.#monitors].filter((pair) => {
      const [from, target] = pair.split('>') as [Pid, Pid];
      return from === watcher && this.ended.has(target);
    });
  }
}
