/**
 * What the system knows about one process. Tables are made on first use: an idle process that nobody watches
 * is this object, its mailbox and its PID.
 */
import type { EntryId, HubError, Pid } from '../../base/index.ts';
import { Mailbox, type MailboxOwner } from '../mail/mailbox.ts';
import type { EndPurpose, Outcome } from '../mail/message.ts';
import type { RemoteLink, RemoteRef } from '../session/session.ts';
import type { ProcessHost } from './host.ts';
import { type Ambient, EMPTY_AMBIENT, type ProcessContext, type Program } from './program.ts';
import type { StartOptions } from './request.ts';
import type { Runnable, RunState, Scheduler } from './scheduler.ts';

/**
 * Where a process is in its life.
 * `starting`: its code loads. `live`: steps run. `ending`: it is about to be dismantled. `tail`: a function
 * call whose result was delivered and whose coroutines go on. `ended`: gone.
 */
export type Phase = 'starting' | 'live' | 'ending' | 'tail' | 'ended';

/**
 * Told once how a process ended.
 * @param isShared true: somebody else is told too, so the outcome's value must be copied before it is changed.
 */
export type EndObserver = (outcome: Outcome, isShared?: boolean) => void;

/**
 * Where an address or a tie leads: to a process of this node, which is its own reference and costs no further object,
 * or to one of another node.
 */
export type Ref = ProcessRecord | RemoteRef;

/** What the kind of a start decides about a process. */
export interface Birth {
  readonly program: Program;
  readonly hostId: string;
  readonly host: ProcessHost | undefined;
  readonly role: 'process' | 'call';
  readonly mailboxLimit: number;
}

/** What whoever starts a process gives it. */
export interface Dowry {
  readonly caller?: Pid | undefined;
  readonly ambient?: Ambient | undefined;
  readonly attachment?: unknown;
}

/** A start whose load goes on after the call that began it: the process exists, its `main` does not run yet. */
export class PendingStart {
  readonly pid: Pid;
  /** @internal */
  readonly request: StartOptions;
  /** @internal Who is to monitor it or to be linked to it. */
  readonly parent: ProcessRecord | undefined;
  /** @internal Starts it is nested in, itself included. */
  readonly depth: number;
  #told: ((error: HubError | undefined) => void) | undefined;

  /** @internal */
  constructor(pid: Pid, request: StartOptions, parent: ProcessRecord | undefined, depth: number) {
    this.pid = pid;
    this.request = request;
    this.parent = parent;
    this.depth = depth;
  }

  /** Says once how the start ended: `undefined` when `main` will run, else why there is no process. One observer. */
  onEnd(told: (error: HubError | undefined) => void): void {
    this.#told = told;
  }

  /** @internal */
  end(error: HubError | undefined): void {
    this.#told?.(error);
    this.#told = undefined;
  }
}

/** One process. Mutable, private to this room; programs see it as `ProcessContext`. */
export class ProcessRecord implements ProcessContext, MailboxOwner, Runnable {
  readonly kind = 'local';
  readonly pid: Pid;
  readonly hostId: string;
  readonly host: ProcessHost | undefined;
  readonly role: 'process' | 'call';
  readonly parent: Pid | undefined;
  readonly ambient: Ambient;
  readonly attachment: unknown;
  readonly startedAtMs: number;
  readonly mailbox: Mailbox;
  program: Program;
  phase: Phase = 'starting';
  runState: RunState = 'off';
  /** Its code is being loaded, in slices: at its start, or in an upgrade. */
  isLoading = false;
  /** While `phase` is `starting` and the call that began the start has returned. */
  start: PendingStart | undefined;
  steps = 0;
  trapLinks = false;
  upgradable = false;
  /** Why it is about to end, when somebody said so; counts for an end until then, by the monotonic clock. */
  expected: { readonly purpose: EndPurpose; readonly untilMs: number } | undefined;
  /** How the process ends once the code that is running now returns. */
  doom: Outcome | undefined;
  /** By their PIDs, as the next two; `table/ties.ts` alone changes them. */
  links: Map<Pid, ProcessRecord | RemoteLink> | undefined;
  /** Processes this one gets an EXIT from. */
  monitoring: Map<Pid, Ref> | undefined;
  /** Processes that get an EXIT from this one. */
  monitors: Map<Pid, Ref> | undefined;
  observers: Set<EndObserver> | undefined;
  readonly #scheduler: Scheduler<ProcessRecord>;

  constructor(
    pid: Pid,
    birth: Birth,
    dowry: Dowry,
    startedAtMs: number,
    scheduler: Scheduler<ProcessRecord>,
  ) {
    this.pid = pid;
    this.hostId = birth.hostId;
    this.host = birth.host;
    this.role = birth.role;
    this.parent = dowry.caller;
    this.ambient = dowry.ambient ?? EMPTY_AMBIENT;
    this.attachment = dowry.attachment;
    this.startedAtMs = startedAtMs;
    this.program = birth.program;
    this.#scheduler = scheduler;
    this.mailbox = new Mailbox(this, birth.mailboxLimit);
  }

  get isDoomed(): boolean {
    return this.doom !== undefined;
  }

  /** Code of this process is on the JavaScript stack right now, so it cannot be dismantled yet. */
  get isBusy(): boolean {
    return this.runState === 'running' || this.runState === 'rerun';
  }

  wake(): void {
    this.#scheduler.wake(this);
  }
}

/** The entries of `affected` this process was built from. */
export function outdatedSources(record: ProcessRecord, affected: ReadonlySet<EntryId>): EntryId[] {
  const built = new Set<string>([record.program.entryId, ...(record.program.dependencies?.() ?? [])]);
  return [...affected].filter((id) => built.has(id));
}
