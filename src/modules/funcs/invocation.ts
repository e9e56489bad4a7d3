/**
 * One call as its caller sees it: attempts, pauses between them, a time limit, one result.
 *
 * Ways it ends: an attempt succeeds; the last attempt fails; the time is over; the caller aborts. The first of them
 * settles it: the timer is withdrawn, a callee that still runs is aborted, and whatever comes later is ignored.
 */
import { randomInt } from 'node:crypto';
import {
  type Failure,
  HubError,
  type Pid,
  type Timer,
  toFailure,
  tryParseEntryId,
} from '../../base/index.ts';
import { copyReceived, type RuntimeServices } from '../../lua/index.ts';
import type { Ambient, Outcome } from '../../process/index.ts';
import { type Entry, getAt, isMapping } from '../../registry/index.ts';
import type { LuaValue } from '../../vm/index.ts';
import {
  type CallOptions,
  isWorthRetrying,
  type RetryPolicy,
  readRetryPolicy,
  retryDelayMs,
} from './options.ts';

/** What is to be called, for whom. */
export interface InvocationRequest {
  readonly target: string;
  /** Already copied; copied again for every attempt but the last. */
  readonly args: readonly LuaValue[];
  readonly caller: Pid;
  readonly ambient: Ambient;
  readonly options: CallOptions;
}

/** Splits a target. @throws MH_FUNCS_TARGET_INVALID unless it is written `namespace:name` */
export function assertTarget(target: string): void {
  if (tryParseEntryId(target) !== undefined) return;
  throw new HubError('MH_FUNCS_TARGET_INVALID', {
    message: `Cannot call: expected 'namespace:name', got '${target}'`,
  });
}

/** A call under way. */
export class Invocation {
  readonly #runtime: RuntimeServices;
  readonly #request: InvocationRequest;
  readonly #settle: (outcome: Outcome) => void;
  #isOver = false;
  #attempt = 0;
  #policy: RetryPolicy | undefined;
  /** Ends what runs or waits now: the callee, or the pause before the next attempt. */
  #stopCurrent: ((failure: Failure) => void) | undefined;
  #deadline: Timer | undefined;

  /** @param settle is told the result once, never before `start` has returned. */
  constructor(runtime: RuntimeServices, request: InvocationRequest, settle: (outcome: Outcome) => void) {
    this.#runtime = runtime;
    this.#request = request;
    this.#settle = settle;
  }

  start(): void {
    const { timeoutMs } = this.#request.options;
    if (timeoutMs !== undefined && timeoutMs > 0) {
      this.#deadline = this.#runtime.clock.setTimer(timeoutMs, () => this.#expire(timeoutMs));
    }
    this.#try();
  }

  /** Ends the call for its caller: the callee is aborted, nobody is told. No effect once it is over. */
  abort(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline?.cancel();
    this.#stopCurrent?.(failure);
  }

  #expire(timeoutMs: number): void {
    const failure = toFailure(
      new HubError('MH_FUNCS_TIMEOUT', {
        message: `Cannot wait for '${this.#request.target}' any longer: no result within ${timeoutMs} ms`,
        details: { target: this.#request.target },
      }),
    );
    if (this.#isOver) return;
    this.abort(failure);
    this.#settle({ ok: false, failure });
  }

  #try(): void {
    this.#attempt++;
    try {
      if (this.#attempt === 1) this.#policy = this.#readPolicy();
      this.#stopCurrent = this.#begin((outcome, isShared) =>
        this.#attemptEnded(isShared === true ? withOwnValue(outcome) : outcome),
      );
    } catch (thrown) {
      if (!(thrown instanceof HubError)) throw thrown;
      const outcome: Outcome = { ok: false, failure: toFailure(thrown) };
      this.#stopCurrent = undefined;
      this.#runtime.clock.defer(() => this.#attemptEnded(outcome));
    }
  }

  #attemptEnded(outcome: Outcome): void {
    if (this.#isOver) return;
    const policy = this.#policy;
    if (
      !outcome.ok &&
      policy !== undefined &&
      this.#attempt < policy.attemptsMax &&
      isWorthRetrying(policy, outcome.failure)
    ) {
      const delayMs = retryDelayMs(policy, this.#attempt + 1, randomInt(0, 1_000_001) / 1_000_000);
      const timer = this.#runtime.clock.setTimer(delayMs, () => this.#try());
      this.#stopCurrent = () => timer.cancel();
      return;
    }
    this.#isOver = true;
    this.#deadline?.cancel();
    this.#settle(outcome);
  }

  /**
   * The caller's policy, else the callee's (`meta.options.retry`).
   * @throws MH_FUNCS_OPTION_INVALID
   */
  #readPolicy(): RetryPolicy | undefined {
    const { options, target } = this.#request;
    if (options.retry !== undefined) return options.retry;
    const written = getAt(this.#runtime.registry().get(target)?.meta ?? {}, ['options', 'retry']);
    return isMapping(written) ? readRetryPolicy(written) : undefined;
  }

  #begin(ended: (outcome: Outcome, isShared?: boolean) => void): (failure: Failure) => void {
    const { target, ambient, caller } = this.#request;
    const { system } = this.#runtime;
    // A callee owns its arguments and may change them, so an attempt that need not be the last gets copies.
    const isLast = this.#attempt >= (this.#policy?.attemptsMax ?? 1);
    const args = isLast ? this.#request.args : this.#request.args.map(copyReceived);
    const entry = this.#runtime.registry().get(target);
    if (entry === undefined || entry.kind !== 'process.lua') {
      const call = system.call({ entryId: target, args, caller, ambient }, ended);
      return (failure) => call.abort(failure);
    }
    // A process with a default host answers calls too; aborting the caller only cancels it (process.md 14.6).
    const started = system.beginSpawn({ entryId: target, hostId: defaultHost(entry), args, caller, ambient });
    const pid = typeof started === 'string' ? started : started.pid;
    const unwatch = system.watch(pid, ended);
    return () => {
      unwatch();
      if (system.isAlive(pid)) system.cancel(caller, pid, 'caller context canceled');
    };
  }
}

/** An outcome whose value nobody else holds. */
function withOwnValue(outcome: Outcome): Outcome {
  if (!outcome.ok || outcome.value === undefined) return outcome;
  return { ...outcome, value: copyReceived(outcome.value as LuaValue) };
}

function defaultHost(entry: Entry): string {
  const hostId = entry.meta.default_host ?? getAt(entry.meta, ['options', 'default_host']);
  if (typeof hostId === 'string') return hostId;
  throw new HubError('MH_PROCESS_ENTRY_NOT_FOUND', {
    message: `Cannot call '${entry.id}': function not found, it is a process without a default host`,
    hint: 'Give it meta.default_host, or start it with process.spawn.',
    details: { target: entry.id },
  });
}
