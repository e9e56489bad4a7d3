/** Work by key: the jobs of one key run one after the other, keys do not wait for each other. */

/** See the head of the file. Jobs must not reject: whoever makes them knows what a failure means. */
export class KeyedQueue {
  /** The end of the line of each key; keys without work are not in it. */
  readonly #tails = new Map<string, Promise<void>>();

  /** Whether a job of this key has not ended yet. */
  isBusy(key: string): boolean {
    return this.#tails.has(key);
  }

  /**
   * Runs a job after those of the same key: at once, within this call, when there are none.
   * @returns resolves when it has ended.
   */
  run(key: string, job: () => void | Promise<void>): Promise<void> {
    const before = this.#tails.get(key);
    const running = before === undefined ? job() : before.then(job);
    if (running === undefined) return Promise.resolve();
    const tail = running.finally(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
    return tail;
  }

  /** Resolves when no job is left, those included that come while it waits. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
