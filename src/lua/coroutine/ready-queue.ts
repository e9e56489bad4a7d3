/** Coroutines that may go on, in order. Linked through the coroutines themselves: an idle unit keeps no array. */
import type { ManagedCoroutine } from './coroutine.ts';

/** First come, first served; whoever must go on at once is put at the front. A coroutine is in it at most once. */
export class ReadyQueue {
  #first: ManagedCoroutine | undefined;
  #last: ManagedCoroutine | undefined;

  /** Adds at the back. */
  push(coroutine: ManagedCoroutine): void {
    if (this.#first === undefined) this.#first = coroutine;
    else this.#last!.nextReady = coroutine;
    this.#last = coroutine;
  }

  /** Adds at the front. */
  unshift(coroutine: ManagedCoroutine): void {
    coroutine.nextReady = this.#first;
    if (this.#first === undefined) this.#last = coroutine;
    this.#first = coroutine;
  }

  /** Removes and returns the front. */
  shift(): ManagedCoroutine | undefined {
    const coroutine = this.#first;
    if (coroutine === undefined) return undefined;
    this.#first = coroutine.nextReady;
    coroutine.nextReady = undefined;
    return coroutine;
  }

  /** Forgets everyone. */
  clear(): void {
    this.#first = undefined;
  }
}
