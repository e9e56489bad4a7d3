import type { Scenario } from '../../scenario.ts';
import { post } from '../../stranger.ts';

const BOMBS: Readonly<Record<string, string>> = {
  'open brackets': '['.repeat(1_000_000),
  'open objects': '{"a":'.repeat(200_000),
  'nested and closed': '['.repeat(100_000) + ']'.repeat(100_000),
  'empty arrays': `[${'[],'.repeat(900_000)}[]]`,
  'empty objects': `[${'{},'.repeat(900_000)}{}]`,
  numbers: `[${'1,'.repeat(3_000_000)}1]`,
  'one long number': '9'.repeat(3_000_000),
  'one long fraction': `0.${'9'.repeat(3_000_000)}`,
  'many keys': `{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":1`).join(',')}}`,
  'one key': `{${'"k":1,'.repeat(500_000)}"k":1}`,
  'keys of JavaScript': `{${'"__proto__":{},'.repeat(100_000)}"constructor":1}`,
  escapes: `"${'\\u0041'.repeat(1_000_000)}"`,
  'half surrogates': `"${'\\ud800'.repeat(1_000_000)}"`,
  spaces: ' '.repeat(7_000_000),
  'no end': `"${'x'.repeat(7_000_000)}`,
  'wrong at the end': `[${'1,'.repeat(2_000_000)}]`,
};

export const scenario: Scenario = {
  name: 'json-bombs',
  does: 'posts JSON that is deep, wide, long or wrong at its very end, to a handler that decodes it',
  bound: 'JSON_DEPTH_MAX, JSON_VALUES_MAX; charged before and while (json-and-clients.md D1)',
  async run({ stranger, expect, note }) {
    let slowest = { name: '', elapsedMs: 0 };
    for (const [name, text] of Object.entries(BOMBS)) {
      const startedMs = performance.now();
      const line = await stranger.request(post('/json', text), 15_000);
      await line.until(() => line.isEnded, 1000);
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs > slowest.elapsedMs) slowest = { name, elapsedMs };
      expect([200, 500].includes(line.status), `${name}: answered (${line.status})`);
      expect(!line.text.includes('stack size'), `${name}: no RangeError reaches the program`);
    }
    note(`slowest: ${slowest.name} ${Math.round(slowest.elapsedMs)} ms`);
  },
};
