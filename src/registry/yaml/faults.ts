/** What is wrong with a YAML text, in the order it was found, up to as many as anybody wants to know. */

/** Something wrong with the text. */
export interface YamlFault {
  readonly severity: 'error' | 'warning';
  readonly offset: number;
  readonly reason: string;
  /** Set when a bound of ours was met, not a rule of YAML. */
  readonly isLimit?: true;
  /** Offset of the other place concerned, e.g. the first of two equal keys. */
  readonly earlier?: number;
}

/** The faults of one text. */
export class Faults {
  readonly list: YamlFault[] = [];
  readonly #errorsMax: number;
  #errors = 0;
  #warnings = 0;

  constructor(errorsMax: number) {
    this.#errorsMax = errorsMax;
  }

  /** Whether reading on would be for nothing. */
  get isFull(): boolean {
    return this.#errors >= this.#errorsMax;
  }

  get hasError(): boolean {
    return this.#errors > 0;
  }

  /** Keeps a fault, or drops it when there are enough of its kind. */
  add(kind: YamlFault['severity'] | 'limit', offset: number, reason: string, earlier?: number): void {
    const severity = kind === 'limit' ? 'error' : kind;
    const count = severity === 'error' ? this.#errors++ : this.#warnings++;
    if (count >= this.#errorsMax) return;
    this.list.push({
      severity,
      offset,
      reason,
      ...(kind === 'limit' ? { isLimit: true as const } : {}),
      ...(earlier === undefined ? {} : { earlier }),
    });
  }
}
