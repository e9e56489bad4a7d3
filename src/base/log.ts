/**
 * The log port. A line is a fixed lower-case event plus fields, never a sentence with values in it:
 * `log.warn('mailbox full', { pid, topic })`. pino (or a test double) stands behind it.
 */

/** Severity, least to most. error = someone must act; warn = we coped; info = lifecycle; debug = per message. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Extra facts of a line; plain values. Payloads, headers and metadata are never logged whole. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where log lines go. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Whether lines of this level are written; lets a caller skip the work of building one. */
  isEnabled(level: LogLevel): boolean;
  /** A log whose lines carry these fields too. `logger` is the dotted name of a named logger. */
  with(fields: LogFields): Log;
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  isEnabled: () => false,
  with: () => silentLog,
};
