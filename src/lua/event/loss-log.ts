/** Says that something was lost: at once, and then once a second how many more there were. */
import { type Clock, EVENT_LOSS_LOG_MS, type Log, type LogFields, type Timer } from '../../base/index.ts';

/** What is lost by one subscription. */
export class LossLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #event: string;
  readonly #fields: LogFields;
  #lost = 0;
  #timer: Timer | undefined;

  /** @param event the line's name. @param fields of each line; `lost` is added */
  constructor(clock: Clock, log: Log, event: string, fields: LogFields) {
    this.#clock = clock;
    this.#log = log;
    this.#event = event;
    this.#fields = fields;
  }

  /** One was lost. */
  count(): void {
    this.#lost++;
    if (this.#timer === undefined) this.#say();
  }

  /** Nothing is lost any more: says what was not said yet. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#lost > 0) this.#write();
  }

  #say(): void {
    this.#timer = undefined;
    if (this.#lost === 0) return;
    this.#write();
    this.#timer = this.#clock.setTimer(EVENT_LOSS_LOG_MS, () => this.#say());
  }

  #write(): void {
    this.#log.warn(this.#event, { ...this.#fields, lost: this.#lost });
    this.#lost = 0;
  }
}
