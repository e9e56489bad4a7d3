import type { Clock, Timer } from '../../base/index.ts';
import { Heartbeat } from '../client/heartbeat.ts';
import type { ClientSocket } from './client-socket.ts';

/**
 * Keeps a connection from looking idle to proxies, and finds out that a silent peer is gone (`relay.md` L6): a ping
 * every interval, always, and any byte at all within the timeout counts as an answer to every ping before it. While the
 * socket is paused pings go on, but no answer could be seen, so nothing is concluded (L4).
 */
export class Liveness {
  readonly #clock: Clock;
  readonly #socket: ClientSocket;
  readonly #timeoutMs: number;
  readonly #onSilence: () => void;
  readonly #pings: Heartbeat;
  /** Runs from the first ping without an answer; `undefined` = none waits for one. */
  #patience: Timer | undefined;
  /** What was heard when that ping left. */
  #bytesRead = 0;
  #pauseCount = 0;

  constructor(options: { clock: Clock; socket: ClientSocket; timeoutMs: number; onSilence: () => void }) {
    this.#clock = options.clock;
    this.#socket = options.socket;
    this.#timeoutMs = options.timeoutMs;
    this.#onSilence = options.onSilence;
    this.#pings = new Heartbeat(options.clock, () => this.#ping());
  }

  /**
   * @param phase from 0 to 1, different for every connection: how much of half an interval the first ping is early.
   *   Clients that connected in one moment, as all do after a restart, are then not pinged in one moment for ever.
   */
  start(intervalMs: number, phase: number): void {
    this.#pings.start(intervalMs, (intervalMs / 2) * phase);
  }

  stop(): void {
    this.#pings.stop();
    this.#forget();
  }

  #ping(): void {
    const socket = this.#socket;
    socket.ping();
    if (socket.isPaused) this.#forget();
    else if (this.#patience === undefined || this.#hasHeard) {
      this.#forget();
      this.#bytesRead = socket.bytesRead;
      this.#pauseCount = socket.pauseCount;
      this.#listen();
    }
  }

  #listen(): void {
    const patience = this.#clock.setTimer(this.#timeoutMs, () => {
      // A busy machine may run the timer before it looks at the sockets: an answer may lie there.
      this.#clock.defer(() => {
        if (this.#patience !== patience) return; // stopped, or another ping waits meanwhile
        this.#patience = undefined;
        if (!this.#hasHeard) this.#onSilence();
      });
    });
    this.#patience = patience;
  }

  /** Something came since the ping, or nothing could be seen for a while. */
  get #hasHeard(): boolean {
    return this.#socket.bytesRead !== this.#bytesRead || this.#socket.pauseCount !== this.#pauseCount;
  }

  #forget(): void {
    this.#patience?.cancel();
    this.#patience = undefined;
  }
}

/** Steps of this size, each modulo 1, stay as far from each other as can be, however many there are. */
const GOLDEN_RATIO = 0.618_033_988_75;

/** Where in the rhythm the connection of a PID has its pings: PIDs are counted, so neighbours lie apart. */
export function phaseOf(pid: string): number {
  let hash = 0;
  for (let i = 0; i < pid.length; i++) hash = (hash * 31 + pid.charCodeAt(i)) >>> 0;
  return (hash * GOLDEN_RATIO) % 1;
}
