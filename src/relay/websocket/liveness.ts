import type { Clock, Timer } from '../../base/index.ts';
import type { ClientSocket } from './client-socket.ts';

/**
 * Finds out that a silent peer is gone (`relay.md` L6): a ping every interval, and any byte at all within the
 * timeout counts as an answer. While the socket is paused no answer could be seen, so nothing is concluded (L4).
 */
export class Liveness {
  readonly #clock: Clock;
  readonly #socket: ClientSocket;
  readonly #timeoutMs: number;
  readonly #onSilence: () => void;
  #pingTimer: Timer | undefined;
  #silenceTimer: Timer | undefined;

  constructor(options: { clock: Clock; socket: ClientSocket; timeoutMs: number; onSilence: () => void }) {
    this.#clock = options.clock;
    this.#socket = options.socket;
    this.#timeoutMs = options.timeoutMs;
    this.#onSilence = options.onSilence;
  }

  start(intervalMs: number): void {
    this.#pingTimer = this.#clock.setTimer(intervalMs, () => {
      this.start(intervalMs);
      if (!this.#socket.isPaused && this.#silenceTimer === undefined) this.#ping();
    });
  }

  stop(): void {
    this.#pingTimer?.cancel();
    this.#silenceTimer?.cancel();
    this.#silenceTimer = undefined;
  }

  #ping(): void {
    const { bytesRead, pauseCount } = this.#socket;
    this.#socket.ping();
    this.#silenceTimer = this.#clock.setTimer(this.#timeoutMs, () => {
      // A busy machine may run the timer before it looks at the sockets: an answer may lie there.
      this.#clock.defer(() => {
        if (this.#silenceTimer === undefined) return; // stopped meanwhile
        this.#silenceTimer = undefined;
        if (this.#socket.bytesRead === bytesRead && this.#socket.pauseCount === pauseCount) this.#onSilence();
      });
    });
  }
}
