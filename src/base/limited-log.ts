/** Log lines that strangers can cause: as many as they like must not mean as many lines. */
import type { Clock } from './clock.ts';
import type { Log, LogFields, LogLevel } from './log.ts';

/** Between two lines of one kind. */
const LINE_MS = 1_000;

/** Kinds of lines remembered at one time. Beyond: those that are quiet are forgotten, then the rest counts as one. */
const KINDS_MAX = 1_000;

/** A line, and how many others it stands for. */
interface Kind {
  /** No further line before. */
  quietUntilMs: number;
  /** Not said yet. */
  count: number;
  say: (count: number) => void;
}

/**
 * Writes at most one line per kind and second. The others are counted: the next line, which comes when the second is
 * over, is the last of them, with their number in its field `count`. Nothing is lost but what they had to say.
 */
export class LimitedLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #kinds = new Map<string, Kind>();

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** @param kind what makes lines alike; never anything a stranger chose */
  write(kind: string, level: LogLevel, event: string, fields: LogFields): void {
    if (!this.#log.isEnabled(level)) return;
    this.limit(kind, (count) => this.#log[level](event, count > 1 ? { ...fields, count } : fields));
  }

  /**
   * The same for a line that takes work to make: it is made only when it is said.
   * @param say gets how many the line stands for
   */
  limit(kind: string, say: (count: number) => void): void {
    const nowMs = this.#clock.monotonicMs();
    const state = this.#remember(kind);
    state.say = (count) => {
      state.count = 0;
      state.quietUntilMs = this.#clock.monotonicMs() + LINE_MS;
      say(count);
    };
    if (++state.count > 1) return; // a timer is on its way
    if (nowMs >= state.quietUntilMs) state.say(1);
    else this.#clock.setTimer(state.quietUntilMs - nowMs, () => state.say(state.count));
  }

  #remember(kind: string): Kind {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    if (this.#kinds.size >= KINDS_MAX) this.#forgetQuiet();
    if (this.#kinds.size >= KINDS_MAX && kind !== '') return this.#remember('');
    const fresh: Kind = { quietUntilMs: 0, count: 0, say: () => {} };
    this.#kinds.set(kind, fresh);
    return fresh;
  }

  #forgetQuiet(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [kind, { count, quietUntilMs }] of this.#kinds) {
      if (count === 0 && quietUntilMs <= nowMs) this.#kinds.delete(kind);
    }
  }
}
