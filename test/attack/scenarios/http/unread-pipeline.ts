import type { Scenario } from '../../scenario.ts';
import { requestHead } from '../../stranger.ts';

export const scenario: Scenario = {
  name: 'unread-pipeline',
  does: 'sends thousands of requests on one connection without reading an answer, on ten connections',
  bound: 'PIPELINED_REQUESTS_MAX closes the connection (http.md C11)',
  // As many as the bound allows are begun on every connection.
  allows: { p99Ms: 3000 },
  async run({ stranger, amount, note }) {
    const lines = await stranger.connectMany(10);
    const packet = requestHead('GET', '/nap').repeat(amount(20_000, 4000));
    for (const line of lines) {
      line.stopReading();
      void line.write(packet);
    }
    await Promise.all(lines.map((line) => line.endsWithin(3000)));
    note(`${lines.filter(({ isEnded }) => isEnded).length} of 10 closed`);
  },
};
