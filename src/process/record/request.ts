/** What can be asked of the process system, as data. */
import type { Failure, Pid } from '../../base/index.ts';
import type { Ambient, Program } from './program.ts';

/** What every start may ask for. */
export interface StartOptions {
  /** Arguments of `main`, already copied. Default none. */
  readonly args?: readonly unknown[] | undefined;
  /** Who starts it; needed for `monitor` and `link`, and the sender of `messages`. */
  readonly caller?: Pid | undefined;
  /** Default: no values, no identity. */
  readonly ambient?: Ambient | undefined;
  /** Name the process owns before its first instruction. */
  readonly name?: string | undefined;
  /** Messages in its mailbox before its first instruction, in this order. */
  readonly messages?: readonly InitialMessage[] | undefined;
  /** The caller gets its EXIT. */
  readonly monitor?: boolean | undefined;
  /** The caller and it are linked. */
  readonly link?: boolean | undefined;
  /** For the program alone; see `ProcessContext.attachment`. */
  readonly attachment?: unknown;
}

/** A message sent together with a start. */
export interface InitialMessage {
  readonly topic: string;
  /** Already copied. */
  readonly payloads: readonly unknown[];
}

/** Starts the code of an entry on a process host. */
export interface SpawnRequest extends StartOptions {
  readonly entryId: string;
  readonly hostId: string;
}

/** Starts a program that needs no entry: a connection, a terminal, a test double. */
export interface SpawnProgramRequest extends StartOptions {
  /** Host part of the PID. Need not be a process host; if it is one, it must be running. */
  readonly hostId: string;
  readonly program: Program;
  /** Default: the host's, else MAILBOX_MESSAGES_MAX. */
  readonly mailboxLimit?: number | undefined;
}

/** Invokes a function. */
export interface CallRequest {
  readonly entryId: string;
  /** Already copied. */
  readonly args: readonly unknown[];
  readonly caller?: Pid | undefined;
  readonly ambient?: Ambient | undefined;
  readonly attachment?: unknown;
  /** The code to run instead of the entry's. */
  readonly program?: Program | undefined;
}

/** A function call under way. */
export interface Call {
  readonly pid: Pid;
  /**
   * Ends the call as `terminate` would, with this failure (kind `Canceled` or `Timeout`); the observer is told.
   * No effect once the result was delivered, so none on the background tail either.
   */
  abort(failure: Failure): void;
}
