import { expect, test } from 'vitest';
import { formatPid, toPid, tryParsePid } from '../../src/base/index.ts';

test('toPid() carries the node and its incarnation when there is one (process.md 1.4, cluster.md I1, I2)', () => {
  expect(toPid('app:h', 12)).toBe('{app:h|0x0000c}');
  expect(toPid('app:h', 12, { name: 'b' })).toBe('{b@app:h|0x0000c}');
  expect(toPid('app:h', 12, { name: 'b', incarnation: 17 })).toBe('{b@app:h|0x0000c.11}');
});

test.each(['{app:h|0x0000c}', '{b@app:h|0x0000c.11}', '{b@x@y|0x1}'])(
  'formatPid() undoes tryParsePid() of %s',
  (pid) => {
    expect(formatPid(tryParsePid(pid)!)).toBe(pid);
  },
);
