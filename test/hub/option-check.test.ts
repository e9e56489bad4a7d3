/** What a program hands to the public functions is read, or refused with the place and the nearest option. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Contribution, createHub, type Hub, HubError } from '../../src/index.ts';
import { bootHub, ROOT } from '../support/boot-hub.ts';

/** The message of a refusal. Nothing is loaded for it: the path is not looked at. */
async function refused(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ code: 'MH_HUB_OPTION_INVALID', kind: 'Invalid' });
    return (error as HubError).message;
  }
  throw new Error('it was accepted');
}

const create = (options: unknown) => refused(() => createHub(options as never));
const open = (contribution: unknown) =>
  create({ path: `${ROOT}/registry/guide`, extensions: [{ name: 'mine', open: () => contribution }] });

describe('createHub()', () => {
  it.each<[options: unknown, message: string]>([
    [{ pth: 'chat' }, 'there is no option "pth" (did you mean "path"?)'],
    [{ Path: 'chat' }, 'there is no option "Path" (did you mean "path"?)'],
    [{ path: 'chat', port: 8080 }, 'there is no option "port"'],
    [{ zzzzzzzzzz: 1 }, 'there is no option "zzzzzzzzzz"'],
    ['chat', 'expected an object of options, got "chat"'],
    [null, 'expected an object of options, got null'],
    [['chat'], 'expected an object of options, got a list'],
    [{ path: 5 }, 'option "path": expected text, got number 5'],
    [{ path: ['chat'] }, 'option "path": expected text, got a list'],
    [{ watch: 'yes' }, 'option "watch": expected one of true, false, "poll", got "yes"'],
    [{ log: { levle: 'debug' } }, 'there is no option "log.levle" (did you mean "level"?)'],
    [
      { log: { level: 'trace' } },
      'option "log.level": expected one of "debug", "info", "warn", "error", "silent", got "trace"',
    ],
    [{ log: 'debug' }, 'option "log": expected an object, got "debug"'],
    [{ rules: { lockfile: 'x' } }, 'there is no option "rules.lockfile" (did you mean "lockFile"?)'],
    [
      { rules: { disable: { namespace: [] } } },
      'there is no option "rules.disable.namespace" (did you mean "namespaces"?)',
    ],
    [
      { shutdownTimeoutMs: '10s' },
      'option "shutdownTimeoutMs": expected a number of milliseconds, 0 or more, got "10s"',
    ],
    [
      { shutdownTimeoutMs: Number.NaN },
      'option "shutdownTimeoutMs": expected a number of milliseconds, 0 or more, got number .nan',
    ],
    [
      { registryVersionsMax: 0 },
      'option "registryVersionsMax": expected a whole number, 1 or more, got number 0',
    ],
    [{ onReload: 'log' }, 'option "onReload": expected a function, got "log"'],
    [{ extensions: {} }, 'option "extensions": expected a list, got a mapping'],
    [{ extensions: [() => {}] }, 'option "extensions[0]": expected an extension, got a function'],
    [{ extensions: [{ name: 'x' }] }, 'option "extensions[0].open" is required'],
    [
      { extensions: [{ name: 'x', opn: () => ({}) }] },
      'there is no option "extensions[0].opn" (did you mean "open"?)',
    ],
    [
      { extensions: [{ name: 'x', load: () => {}, module: ['a'] }] },
      'there is no option "extensions[0].module" (did you mean "modules"?)',
    ],
  ])('refuses %j', async (options, message) => {
    expect(await create(options)).toBe(`Cannot call createHub: ${message}`);
  });

  it.each<[contribution: unknown, message: string]>([
    [undefined, 'option "mine.open()" is required'],
    [{ module: [] }, 'there is no option "mine.open().module" (did you mean "modules"?)'],
    [
      { modules: [{ name: 'a', function: {} }] },
      'there is no option "mine.open().modules[0].function" (did you mean "functions"?)',
    ],
    [{ modules: [{ name: 'a' }] }, 'option "mine.open().modules[0].functions" is required'],
    [{ close: true }, 'option "mine.open().close": expected a function, got boolean true'],
  ])('refuses an extension that gives %j', async (contribution, message) => {
    expect(await open(contribution)).toBe(`Cannot call createHub: ${message}`);
  });
});

describe('a hub', () => {
  let hub: Hub;
  beforeAll(async () => {
    // An extension of a program's own making may have fields of its own.
    class Mine {
      readonly name = 'mine';
      readonly opened: string[] = [];
      open() {
        return { ours: 1 } as Contribution;
      }
    }
    const log = { level: 'silent' } as const;
    hub = await createHub({
      path: `${ROOT}/registry/guide`,
      log,
      watch: undefined,
      extensions: [new Mine()],
    });
  });
  afterAll(() => hub.stop());

  it.each<[call: 'call' | 'runCommand' | 'stop', options: unknown, message: string]>([
    ['call', { entryID: 'app:x' }, 'there is no option "entryID" (did you mean "entryId"?)'],
    ['call', { id: 'app:x' }, 'there is no option "id"'],
    ['call', {}, 'option "entryId" is required'],
    ['call', 'app:x', 'expected an object of options, got "app:x"'],
    ['call', undefined, 'expected an object of options, got nothing'],
    ['call', { entryId: 'app:x', args: 5 }, 'option "args": expected a list, got number 5'],
    ['call', { entryId: 'app:x', timeout: 5 }, 'there is no option "timeout"'],
    ['runCommand', { entryId: 'app:x', args: [5] }, 'option "args[0]": expected text, got number 5'],
    [
      'runCommand',
      { entryId: 'app:x', args: [], host: 'a' },
      'there is no option "host" (did you mean "hostId"?)',
    ],
    ['stop', { timeout: 5 }, 'there is no option "timeout" (did you mean "timeoutMs"?)'],
    [
      'stop',
      { timeoutMs: -1 },
      'option "timeoutMs": expected a number of milliseconds, 0 or more, got number -1',
    ],
    ['stop', 5, 'expected an object of options, got number 5'],
  ])('%s refuses %j', async (call, options, message) => {
    expect(await refused(() => hub[call](options as never))).toBe(`Cannot call ${call}: ${message}`);
  });
});

describe('nodeName', () => {
  const files = {
    '_index.yaml': `version: "1.0"
namespace: app
entries:
  - {name: me, kind: function.lua, source: "return {run = function() return process.pid() end}", method: run}
`,
  };

  it('stands in every PID, and a hub without one has PIDs without (process.md § 1.2)', async () => {
    const named = await bootHub({ files, nodeName: 'alpha' });
    const plain = await bootHub({ files });
    const pid = ({ hub }: typeof named) => hub.call({ entryId: 'app:me' });
    expect(await pid(named)).toMatchObject({ value: expect.stringMatching(/^\{alpha@app:me\|0x\w+\}$/) });
    expect(await pid(plain)).toMatchObject({ value: expect.stringMatching(/^\{app:me\|0x\w+\}$/) });
  });

  it.each(['a|b', 'a@b', '', '{a}'])('refuses %j', async (nodeName) => {
    expect(await create({ nodeName })).toContain('option "nodeName": expected a name of letters');
  });
});
