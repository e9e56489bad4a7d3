import type { Scenario } from '../../scenario.ts';
import { requestHead } from '../../stranger.ts';

const PATHS = ['/big', '/public/big.bin', '/stream', '/events'];
/** `timeouts.write` of the application is 5 s. */
const PATIENCE_MS = 15_000;

export const scenario: Scenario = {
  name: 'unread-answers',
  does: 'asks for large bodies, files, streams and events, and never reads what comes',
  bound: 'timeouts.write; a handler that streams is suspended by its client (http.md W2)',
  async run({ stranger, victim, amount, expect, note }) {
    const lines = await stranger.connectMany(amount(200, 40));
    for (const [index, line] of lines.entries()) {
      line.stopReading();
      void line.write(requestHead('GET', PATHS[index % PATHS.length]!));
    }
    const startedMs = performance.now();
    // A socket that is not read does not see its end; the host does.
    let open = lines.length;
    while (open > 2 && performance.now() - startedMs < PATIENCE_MS) {
      open = (await victim.usage()).processCount;
      open = Math.max(0, open - 5);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const { peakBytes } = await victim.worst();
    note(`${lines.length} answers, over after ${Math.round(performance.now() - startedMs)} ms`);
    expect(peakBytes < 400 * 1024 * 1024, 'no answer is held whole for everybody at once');
  },
};
