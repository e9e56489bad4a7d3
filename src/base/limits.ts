/**
 * Every bound in moonhub: unit in the name, reason and behaviour beyond it in the comment.
 * Defaults that a configuration key can change stand beside the key's schema instead.
 */

/** Messages one mailbox holds by default (`process.md` § 5.7). Beyond: send returns UNAVAILABLE, retryable. */
export const MAILBOX_MESSAGES_MAX = 100_000;

/** How long coroutines of a function call may go on after its main returned (`process.md` § 14.5). Beyond: dropped. */
export const CALL_TAIL_MS = 60_000;

/** Time the scheduler runs processes before it lets I/O have a turn. Beyond: the rest waits for the next turn. */
export const SCHEDULER_TURN_MS = 8;

/** Longest value of a relay header in bytes (`relay.md` H5). Beyond: `set_header` is refused. */
export const RELAY_HEADER_BYTES_MAX = 65_536;

/** Nesting of a message value (`errors-and-payloads.md` § 5.5). Beyond: INVALID. */
export const VALUE_DEPTH_MAX = 1000;
