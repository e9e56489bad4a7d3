/** Waiting for a fact of the outside world: files, sockets, processes of the system. */
import { vi } from 'vitest';

/** Longer than any machine under load needs; a test that never sees its fact fails with what it saw last. */
const PATIENCE_MS = 15_000;
const LOOK_AGAIN_MS = 20;

/** Looks until the assertion holds. @throws what it threw last, after PATIENCE_MS */
export function eventually<T>(assertion: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(assertion, { timeout: PATIENCE_MS, interval: LOOK_AGAIN_MS });
}
