/**
 * The run queue. Whoever was woken runs once, in wake order; whoever used up its slice goes to the back. The
 * queue runs in turns of bounded length, one per `clock.defer`, so sockets are served however busy processes are.
 */
import { type Clock, Deque, SCHEDULER_TURN_MS, SCHEDULER_TURN_STEPS_MAX } from '../base/index.ts';

/**
 * `off`: must not run (starting or ended). `idle`: waits for a wake-up. `queued`: will run. `running`: runs
 * now. `rerun`: runs now and was woken meanwhile, so it will run again.
 */
export type RunState = 'off' | 'idle' | 'queued' | 'running' | 'rerun';

/** Something the scheduler can run. */
export interface Runnable {
  runState: RunState;
}

/** Runs one thing once. @returns whether it wants to run again without being woken. */
export type RunOnce<T> = (runnable: T) => boolean;

/** Decides who runs when. */
export class Scheduler<T extends Runnable = Runnable> {
  readonly #clock: Clock;
  readonly #runOnce: RunOnce<T>;
  readonly #queue = new Deque<T>();
  readonly #turn = (): void => this.#runTurn();
  #isArmed = false;

  /** @param runOnce must not throw. */
  constructor(clock: Clock, runOnce: RunOnce<T>) {
    this.#clock = clock;
    this.#runOnce = runOnce;
  }

  /** Makes sure it runs after now. Any number of calls before that is one. */
  wake(runnable: T): void {
    if (runnable.runState === 'idle') this.#enqueue(runnable);
    else if (runnable.runState === 'running') runnable.runState = 'rerun';
  }

  #enqueue(runnable: T): void {
    runnable.runState = 'queued';
    this.#queue.push(runnable);
    this.#arm();
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#clock.defer(this.#turn);
  }

  #runTurn(): void {
    const endMs = this.#clock.monotonicMs() + SCHEDULER_TURN_MS;
    try {
      for (let steps = 0; steps < SCHEDULER_TURN_STEPS_MAX; steps++) {
        const runnable = this.#queue.shift();
        if (runnable === undefined) break;
        this.#run(runnable);
        if (this.#clock.monotonicMs() >= endMs) break;
      }
    } finally {
      // Armed only now: a turn that is running needs no second one, whatever it wakes.
      this.#isArmed = false;
      if (this.#queue.size > 0) this.#arm();
    }
  }

  #run(runnable: T): void {
    if (!begin(runnable)) return;
    const isReady = this.#runOnce(runnable);
    if (runnable.runState === 'off') return;
    if (isReady || runnable.runState === 'rerun') this.#enqueue(runnable);
    else runnable.runState = 'idle';
  }
}

/** @returns false when it has ended while it waited in the queue. */
function begin(runnable: Runnable): boolean {
  if (runnable.runState !== 'queued') return false;
  runnable.runState = 'running';
  return true;
}
