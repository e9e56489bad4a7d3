/**
 * Code is tried before a change is applied (`app-format.md` 8.6), and a trial may not reach the world. Every function of
 * a module says how it reaches out, or stands here: a new one must be thought about once.
 */
import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/index.ts';
import { httpModule } from '../../src/http/lua/module.ts';
import type { ModuleSpec } from '../../src/lua/index.ts';
import { CORE_MODULES } from '../../src/modules/core/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { standardModules } from '../support/lua-modules.ts';

/** Functions that compute, or touch nothing but their own unit; and those that wait, which a top level may not. */
const INSIDE: Readonly<Record<string, readonly string[] | 'all'>> = {
  process: [
    'pid',
    'id',
    'exec',
    'inbox',
    'events',
    'listen',
    'unlisten',
    'with_context',
    'with_options',
    'upgrade',
  ],
  channel: 'all',
  errors: 'all',
  payload: 'all',
  pubsub: ['subscribe', 'unsubscribe', 'message.new'],
  json: 'all',
  time: 'all',
  uuid: 'all',
  base64: 'all',
  hash: 'all',
  crypto: 'all',
  yaml: 'all',
  funcs: ['call', 'new'],
  io: ['flush'],
  registry: ['parse_id', 'apply_version'],
  security: ['new_actor', 'new_scope'],
};

function* functionsOf(spec: Omit<ModuleSpec, 'name'>, path = ''): Iterable<[string, boolean]> {
  for (const name of Object.keys(spec.functions ?? {})) yield [path + name, spec.reach?.[name] !== undefined];
  for (const [name, inner] of Object.entries(spec.submodules ?? {}))
    yield* functionsOf(inner, `${path}${name}.`);
}

test('every function of a module says how it reaches beyond its unit, or is known not to', () => {
  const clock = createFakeClock();
  const modules = [...CORE_MODULES, ...standardModules({ clock, log: silentLog }), httpModule];
  const untold = modules.flatMap((module) => {
    const inside = INSIDE[module.name] ?? [];
    return [...functionsOf(module)].flatMap(([name, isTold]) =>
      isTold || inside === 'all' || inside.includes(name) ? [] : [`${module.name}.${name}`],
    );
  });
  expect(untold).toEqual([]);
});
