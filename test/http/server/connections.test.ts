/** The connections of one listener, without sockets. */
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Deadline } from '../../../src/base/index.ts';
import { Connections } from '../../../src/http/server/connections.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

describe('Connections.dismissOwners()', () => {
  test('tells 1,000 owners in pieces, so that everybody else has a turn in between (relay.md L9)', async () => {
    const clock = createFakeClock();
    const connections = new Connections(clock);
    let told = 0;
    for (let i = 0; i < 1_000; i++) connections.adopt(new PassThrough(), { stop: () => void told++ });
    const dismissed = connections.dismissOwners(new Deadline(clock, () => {}));
    const seen = [told];
    while (clock.deferredCount > 0) {
      clock.turn();
      await Promise.resolve();
      seen.push(told);
    }
    await dismissed;
    expect(seen).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1000]);
  });

  test('a goodbye that fails costs its own socket and no other one its goodbye (L8)', async () => {
    const clock = createFakeClock();
    const connections = new Connections(clock);
    const sockets = [new PassThrough(), new PassThrough(), new PassThrough()];
    const told: number[] = [];
    for (const [index, socket] of sockets.entries()) {
      connections.adopt(socket, {
        stop() {
          told.push(index);
          if (index === 0) throw new Error('bug');
          return index === 1 ? Promise.reject(new Error('bug')) : undefined;
        },
      });
    }
    await connections.dismissOwners(new Deadline(clock, () => {}));
    await connections.whenDismissed();
    expect(told).toEqual([0, 1, 2]);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true, false]);
  });
});
