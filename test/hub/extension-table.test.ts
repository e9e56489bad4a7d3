/** When an extension is loaded, and where what it brings goes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Contribution,
  createHub,
  type Extension,
  type ExtensionReference,
  type Hub,
} from '../../src/hub/index.ts';
import type { ServiceRunner } from '../../src/service/index.ts';
import { writeFiles } from '../support/boot-hub.ts';
import { createLogDouble } from '../support/programs.ts';

const HEAD = 'version: "1.0"\nnamespace: app\nentries:\n';
const FUNCTION = `${HEAD}  - name: f\n    kind: function.lua\n    method: run\n    source: "return {run = function() return 1 end}"\n`;

/** A hub over one definition file, not started. */
async function load(text: string, extensions: readonly (Extension | ExtensionReference)[]): Promise<Hub> {
  const folder = await mkdtemp(path.join(tmpdir(), 'moonhub-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, { '_index.yaml': text });
  const hub = await createHub({ path: folder, cwd: folder, log: createLogDouble().log, extensions });
  onTestFinished(() => hub.stop());
  return hub;
}

/** A reference that remembers its loads; it brings what it says it does. */
function reference(
  about: Pick<ExtensionReference, 'kinds' | 'modules' | 'middleware'>,
  more: Partial<Contribution> = {},
) {
  const told: string[] = [];
  const kinds = (about.kinds ?? []).map((kind) => ({ kind, summary: kind, schema: { type: 'object' } }));
  const modules = (about.modules ?? []).map((name) => ({ name, functions: { one: () => 1 } }));
  const middleware = (about.middleware ?? []).map((name) => ({ name, create: () => ({}) }));
  const extension: Extension = { name: 'x', open: () => ({ kinds, modules, middleware, ...more }) };
  const value: ExtensionReference = {
    name: 'x',
    ...about,
    load: async () => {
      told.push('loaded');
      return extension;
    },
  };
  return { value, told };
}

const put = (hub: Hub, id: string, kind: string, data = {}) =>
  hub.registry.apply([{ operation: 'create', entry: { id, kind, data } }]);

describe('an extension behind a reference', () => {
  it.each([
    ['an entry of its kind', { kinds: ['x.kind'] }, `${HEAD}  - name: a\n    kind: x.kind\n`],
    ['an entry that lists its module', { modules: ['x_module'] }, `${FUNCTION}    modules: [x_module]\n`],
    ['an entry that imports it', { modules: ['x_module'] }, `${FUNCTION}    imports: { own: x_module }\n`],
    [
      'an entry that names its middleware',
      { middleware: ['x_layer'] },
      `${HEAD}  - name: s\n    kind: http.service\n    addr: 127.0.0.1:0\n  - name: r\n    kind: http.router\n    meta: { server: s }\n    middleware: [x_layer]\n`,
    ],
  ])('is loaded for %s, and for nothing else', async (_what, about, text) => {
    const needed = reference(about);
    const idle = reference({ kinds: ['y.kind'], modules: ['y_module'], middleware: ['y_layer'] });
    await load(text, [needed.value, idle.value]);
    expect([needed.told, idle.told]).toEqual([['loaded'], []]);
  });

  it('joins in when a change set needs it, and follows from then on', async () => {
    const seen: number[] = [];
    const late = reference(
      { kinds: ['x.kind'] },
      { follow: (entries) => void seen.push(entries.ofKind('x.kind').length) },
    );
    const hub = await load(FUNCTION, [late.value]);
    await put(hub, 'app:other', 'registry.entry');
    expect(late.told).toEqual([]);
    await put(hub, 'app:one', 'x.kind');
    await put(hub, 'app:two', 'x.kind');
    expect([late.told, seen]).toEqual([['loaded'], [1, 2]]);
  });

  it('starts the service whose kind it brings late', async () => {
    const started: string[] = [];
    const runner: ServiceRunner = {
      start: () => void started.push('run'),
      stop: () => {},
      update: () => 'followed',
    };
    const late = reference(
      {},
      {
        kinds: [
          {
            kind: 'x.kind',
            summary: 'x',
            schema: { type: 'object' },
            hasLifecycle: true,
            run: () => runner,
          },
        ],
      },
    );
    const hub = await load(FUNCTION, [{ ...late.value, kinds: ['x.kind'] }]);
    await hub.start();
    await put(hub, 'app:late', 'x.kind', { lifecycle: { auto_start: true } });
    expect(started).toEqual(['run']);
  });

  it('takes a change back when it refuses to follow', async () => {
    const late = reference(
      { kinds: ['x.kind'] },
      {
        follow: (entries) => {
          if (entries.get('app:bad') !== undefined) throw new Error('not this one');
        },
      },
    );
    const hub = await load(FUNCTION, [late.value]);
    await expect(put(hub, 'app:bad', 'x.kind')).rejects.toThrow('not this one');
    expect([hub.registry.get('app:bad'), hub.registry.version]).toEqual([undefined, 0]);
  });

  it.each([
    [
      'MH_EXTENSION_LOAD_FAILED',
      { name: 'x', kinds: ['x.kind'], load: () => Promise.reject(new Error('no file')) },
    ],
    [
      'MH_EXTENSION_OPEN_FAILED',
      {
        name: 'x',
        kinds: ['x.kind'],
        load: async () => ({
          name: 'x',
          open: () => {
            throw new Error('no way');
          },
        }),
      },
    ],
  ])('refuses the change set that needs it with %s, and is tried again', async (code, broken) => {
    const hub = await load(FUNCTION, [broken]);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(put(hub, 'app:one', 'x.kind')).rejects.toMatchObject({ code });
    }
    expect(hub.registry.version).toBe(0);
    await put(hub, 'app:other', 'registry.entry');
  });

  it('opens with all others when asked', async () => {
    const idle = reference({ kinds: ['x.kind'] });
    const hub = await load(FUNCTION, [idle.value]);
    await hub.openExtensions();
    expect([idle.told, hub.kinds.get('x.kind') !== undefined]).toEqual([['loaded'], true]);
    expect(hub.kinds.get('http.service')).toBeDefined();
  });
});

describe('an extension that opens while the hub runs', () => {
  it('follows the entries there are at once, and every change from then on', async () => {
    const followed: number[] = [];
    const late = reference(
      { kinds: ['x.kind'] },
      { follow: (entries) => void followed.push(entries.all().length) },
    );
    const hub = await load(FUNCTION, [late.value]);
    const count = hub.registry.all().length;
    await hub.openExtensions();
    expect(followed).toEqual([count]);
    await put(hub, 'app:other', 'registry.entry');
    expect(followed).toEqual([count, count + 1]);
  });
});

describe('an extension given as a value', () => {
  const kind = { kind: 'x.kind', summary: 'x', schema: { type: 'object' } };
  const global = { name: 'g', isGlobal: true, push: () => {} };

  it.each<[string, string, Contribution]>([
    ['a kind that is there', 'MH_REGISTRY_KIND_TAKEN', { kinds: [{ ...kind, kind: 'function.lua' }] }],
    ['a kind twice', 'MH_REGISTRY_KIND_TAKEN', { kinds: [kind, kind] }],
    [
      'a kind that runs without lifecycle',
      'MH_SERVICE_KIND_INVALID',
      { kinds: [{ ...kind, run: () => ({}) as never }] },
    ],
    ['a global module', 'MH_EXTENSION_MODULE_INVALID', { unstable_bindings: [global] }],
    [
      'a module that is there',
      'MH_EXTENSION_MODULE_INVALID',
      { modules: [{ name: 'process', functions: {} }] },
    ],
  ])('is refused as a whole for %s', async (_what, code, contribution) => {
    const extension = { name: 'x', open: () => contribution };
    await expect(load(FUNCTION, [extension])).rejects.toMatchObject({ code });
  });

  it('leaves nothing behind when it is refused', async () => {
    const bad = reference({ kinds: ['x.kind'] }, { unstable_bindings: [global] });
    const hub = await load(FUNCTION, [bad.value]);
    await expect(put(hub, 'app:one', 'x.kind')).rejects.toMatchObject({
      code: 'MH_EXTENSION_MODULE_INVALID',
    });
    expect(hub.kinds.get('x.kind')).toBeUndefined();
  });

  it.each<[string, string, Contribution]>([
    [
      'a middleware twice',
      'MH_EXTENSION_MIDDLEWARE_TAKEN',
      {
        middleware: [
          { name: 'twice', create: () => ({}) },
          { name: 'twice', create: () => ({}) },
        ],
      },
    ],
    [
      'a module that cannot be built',
      'MH_EXTENSION_MODULE_INVALID',
      { modules: [{ name: 'm', functions: {}, constants: { f: (() => 1) as never } }] },
    ],
  ])('is refused as a whole, closed, and tried again after %s', async (_what, code, contribution) => {
    let closed = 0;
    const close = (): void => void closed++;
    const bad = reference({ kinds: ['x.kind'] }, { ...contribution, close });
    const hub = await load(FUNCTION, [bad.value]);
    for (let attempt = 1; attempt <= 2; attempt++) {
      await expect(put(hub, 'app:one', 'x.kind')).rejects.toMatchObject({ code });
      expect([bad.told.length, closed]).toEqual([attempt, attempt]);
    }
    expect([hub.kinds.get('x.kind'), hub.registry.version]).toEqual([undefined, 0]);
  });

  it('is closed newest first, whatever another one throws', async () => {
    const closed: string[] = [];
    const closing = (name: string): Extension => ({
      name,
      open: () => ({
        close: () => {
          closed.push(name);
          if (name === 'second') throw new Error('stuck');
        },
      }),
    });
    const hub = await load(FUNCTION, [closing('first'), closing('second')]);
    await hub.start();
    await hub.stop();
    expect(closed).toEqual(['second', 'first']);
  });

  it('may call functions, send, look on and publish', async () => {
    const seen: string[] = [];
    let run = async (): Promise<unknown> => undefined;
    const extension: Extension = {
      name: 'x',
      open: (ports) => {
        ports.observe({ started: ({ entryId }) => void seen.push(entryId) });
        run = async () => {
          ports.publish('x', 'ran', 'here');
          expect(() => ports.send('nobody', 'topic')).toThrow(
            expect.objectContaining({ code: 'MH_PROCESS_NAME_NOT_FOUND' }),
          );
          return ports.call('app:f');
        };
        return {};
      },
    };
    await load(FUNCTION, [extension]);
    expect([await run(), seen]).toEqual([{ ok: true, value: 1 }, ['app:f']]);
  });
});
