import { describe, expect, it } from 'vitest';
import { codeExcerpt } from '../../../src/lua/program/code-place.ts';
import { createEntry } from '../../../src/registry/index.ts';

const entry = createEntry({
  id: 'app:hub',
  kind: 'process.lua',
  data: { source: 'local x\n  return client.name\n', method: 'run' },
});
const entryOf = (id: string) => (id === entry.id ? entry : undefined);

describe('codeExcerpt()', () => {
  it('puts the caret under the name the message is about (vm.md 4.1, 4.2)', () => {
    expect(codeExcerpt("app:hub:2: attempt to index a nil value (global 'client')", entryOf)).toBe(
      'app:hub:2:10\n 2 |   return client.name\n   |          ^',
    );
  });

  it('puts it under the first character when the message names nothing', () => {
    expect(codeExcerpt('app:hub:2: boom', entryOf)).toContain('app:hub:2:3\n');
  });

  it.each(['boom', 'app:other:2: boom', 'app:hub:99: boom', 'app:hub:3: blank line'])(
    'shows nothing for %j',
    (message) => {
      expect(codeExcerpt(message, entryOf)).toBeUndefined();
    },
  );
});
