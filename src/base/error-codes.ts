/**
 * Every code moonhub reports. Codes are never reused. `kind` and `retryable` are what Lua sees.
 * Add a row where you need one: `MH_<ROOM>_<FACT>`.
 */
import type { ErrorKind } from './errors.ts';

/** One row of the table. */
export interface ErrorCodeRow {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  /** One line for the error list of the README. */
  readonly meaning: string;
}

const invalid = (meaning: string): ErrorCodeRow => ({ kind: 'Invalid', retryable: false, meaning });
const notFound = (meaning: string): ErrorCodeRow => ({ kind: 'NotFound', retryable: false, meaning });
const internal = (meaning: string): ErrorCodeRow => ({ kind: 'Internal', retryable: false, meaning });
const unavailable = (meaning: string, retryable = true): ErrorCodeRow => ({
  kind: 'Unavailable',
  retryable,
  meaning,
});

export const ERROR_CODES = {
  // base
  MH_DURATION_INVALID: invalid('A duration is not written as number and unit, e.g. "30s"'),
  // relay
  MH_RELAY_OPTION_INVALID: invalid('A wsrelay or sserelay option of a router is malformed'),
  // process
  MH_PROCESS_NOT_FOUND: notFound('The PID or name does not belong to a live process'),
  MH_PROCESS_NODE_NOT_FOUND: notFound('The PID belongs to another node'),
  MH_PROCESS_HOST_NOT_FOUND: notFound('No process host has this ID'),
  MH_PROCESS_HOST_STOPPED: unavailable('The process host is stopped or stopping', false),
  MH_PROCESS_ENTRY_NOT_FOUND: notFound('No process or function has this ID'),
  MH_PROCESS_MAILBOX_FULL: unavailable('The mailbox of the receiver is full'),
  MH_PROCESS_NAME_TAKEN: {
    kind: 'AlreadyExists',
    retryable: false,
    meaning: 'The name belongs to another process',
  },
  MH_PROCESS_NAME_NOT_FOUND: notFound('The name is not registered'),
  MH_PROCESS_ALREADY_MONITORED: {
    kind: 'AlreadyExists',
    retryable: false,
    meaning: 'The process is already monitored by the caller',
  },
  MH_PROCESS_ARGUMENT_INVALID: invalid('An argument of a process call is outside its domain'),
  MH_PROCESS_LOAD_FAILED: internal('The code of a process failed while loading'),
  MH_PROCESS_METHOD_NOT_FOUND: notFound('The code provides no function of the configured name'),
} as const satisfies Record<string, ErrorCodeRow>;

/** A code of the table. */
export type ErrorCode = keyof typeof ERROR_CODES;
