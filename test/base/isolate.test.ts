import { describe, expect, test } from 'vitest';
import { HubError, isolate } from '../../src/base/index.ts';
import { createLogDouble } from '../support/programs.ts';

describe('isolate()', () => {
  test('says nothing of what went well, and waits where there is something to wait for', async () => {
    const { log, lines } = createLogDouble();
    let isDone = false;
    expect(isolate(log, 'it failed', {}, () => 'value')).toBeUndefined();
    await isolate(log, 'it failed', {}, async () => {
      await Promise.resolve();
      isDone = true;
    });
    expect([isDone, lines]).toEqual([true, []]);
  });

  test('turns a throw and a rejection into one line, with the stack of what is no HubError', async () => {
    const { log, lines } = createLogDouble();
    const bug = new Error('a bug');
    expect(
      isolate(log, 'it failed', { name: 'x' }, () => {
        throw bug;
      }),
    ).toBeUndefined();
    await isolate(log, 'it failed', {}, async () => {
      throw new HubError('MH_HUB_STOPPED', { message: 'stopped' });
    });
    await isolate(log, 'it failed', {}, () => Promise.reject('text'));
    expect(lines).toEqual([
      { level: 'error', event: 'it failed', fields: { name: 'x', cause: 'a bug', stack: bug.stack } },
      { level: 'error', event: 'it failed', fields: { cause: 'stopped' } },
      { level: 'error', event: 'it failed', fields: { cause: 'text' } },
    ]);
  });
});
