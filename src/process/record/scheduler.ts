/**
 * Who runs when. Whoever was woken runs once, in wake order; whoever used up its slice waits in a line of its own.
 * A turn, one per `clock.defer`, gives each of those in the second line at most one slice and everybody woken
 * their step in between, so that sockets are served between the slices of a program that only computes.
 */
import { type Clock, Deque, SCHEDULER_TURN_MS, SCHEDULER_TURN_STEPS_MAX } from '../../base/index.ts';

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
  /** Woken, in wake order. */
  readonly #queue = new Deque<T>();
  /** Used up their slice. */
  readonly #computing = new Deque<T>();
  readonly #turn = (): void => this.#runTurn();
  #isArmed = false;
  /** Woken ones that still belong to the round under way. */
  #wokenLeft = 0;

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

  #enqueue(runnable: T, line = this.#queue): void {
    runnable.runState = 'queued';
    line.push(runnable);
    this.#arm();
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#clock.defer(this.#turn);
  }

  #runTurn(): void {
    try {
      this.#runRounds(this.#clock.monotonicMs() + SCHEDULER_TURN_MS);
    } finally {
      // Armed only now: a turn that is running needs no second one, whatever it wakes.
      this.#isArmed = false;
      if (this.#queue.size > 0 || this.#computing.size > 0) this.#arm();
    }
  }

  /**
   * Rounds of one slice and everybody woken by then, until all had their slice and nobody is woken, or time is up.
   * The next turn goes on where this one stopped: slices that take longer than a turn starve nobody, nor do
   * processes that wake each other for ever.
   */
  #runRounds(endMs: number): void {
    let slices = this.#computing.size;
    let steps = 0;
    while (slices > 0 || this.#queue.size > 0) {
      if (this.#wokenLeft === 0 && slices > 0) {
        slices--;
        this.#run(this.#computing.shift()!);
        this.#wokenLeft = this.#queue.size;
        if (this.#clock.monotonicMs() >= endMs) return;
      }
      if (this.#wokenLeft === 0) this.#wokenLeft = this.#queue.size;
      while (this.#wokenLeft > 0) {
        this.#wokenLeft--;
        this.#run(this.#queue.shift()!);
        if (++steps >= SCHEDULER_TURN_STEPS_MAX || this.#clock.monotonicMs() >= endMs) return;
      }
    }
  }

  #run(runnable: T): void {
    if (!begin(runnable)) return;
    const isReady = this.#runOnce(runnable);
    if (runnable.runState === 'off') return;
    if (isReady) this.#enqueue(runnable, this.#computing);
    else if (runnable.runState === 'rerun') this.#enqueue(runnable);
    else runnable.runState = 'idle';
  }
}

/** @returns false when it has ended while it waited in the queue. */
function begin(runnable: Runnable): boolean {
  if (runnable.runState !== 'queued') return false;
  runnable.runState = 'running';
  return true;
}
