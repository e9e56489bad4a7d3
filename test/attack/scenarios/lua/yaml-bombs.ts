import type { Scenario } from '../../scenario.ts';
import { post } from '../../stranger.ts';

/** Aliases that unfold to a billion values. */
function unfolding(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const inner = level === 0 ? '"lol"' : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array(10).fill(inner).join(', ')}]`;
  });
  return levels.join('\n');
}

const BOMBS: Readonly<Record<string, string>> = {
  anchors: '&a '.repeat(20_000),
  'open braces': '{'.repeat(2000),
  'open brackets': '['.repeat(100_000),
  dashes: '- '.repeat(30_000),
  'question marks': '? '.repeat(30_000),
  unfolding: unfolding(),
  'merge keys': `b: &b {x: 1}\n${Array.from({ length: 3000 }, (_, i) => `k${i}:\n  <<: *b`).join('\n')}`,
  'many keys': Array.from({ length: 30_000 }, (_, i) => `k${i}: ${i}`).join('\n'),
  'same keys': 'k: 1\n'.repeat(20_000),
  tags: '!!a '.repeat(10_000),
  quotes: `"${'\\x41'.repeat(40_000)}"`,
  'one long line': `a: ${'x'.repeat(500_000)}`,
  comments: '#\n'.repeat(100_000),
  documents: '---\n'.repeat(30_000),
};

export const scenario: Scenario = {
  name: 'yaml-bombs',
  does: 'posts YAML that is small and expensive: anchors, nesting, aliases, keys, tags, to a handler that decodes it',
  bound: 'nesting and cost are checked before and while parsing (vm.md S1)',
  async run({ stranger, expect, note }) {
    let slowest = { name: '', elapsedMs: 0 };
    for (const [name, text] of Object.entries(BOMBS)) {
      const startedMs = performance.now();
      const line = await stranger.request(post('/yaml', text), 20_000);
      await line.until(() => line.isEnded, 1000);
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs > slowest.elapsedMs) slowest = { name, elapsedMs };
      expect([200, 500].includes(line.status), `${name}: answered (${line.status})`);
      expect(!line.text.includes('stack size'), `${name}: no RangeError reaches the program`);
    }
    note(`slowest: ${slowest.name} ${Math.round(slowest.elapsedMs)} ms`);
  },
};
