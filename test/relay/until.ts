import { onTestFinished } from 'vitest';

/**
 * Looks again and again, as fast as the event loop turns, until there is something to see. Waits for a fact and
 * never for a duration; a test that fails first ends the waiting.
 */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (isOver) throw new Error('Cannot wait any longer: the test ended');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
