/** Mail that only a host can send: what a program makes of it. */
import { expect, it } from 'vitest';
import { createPayload, makeBinary } from '../../../src/lua/index.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

it('a listener gets the error object for a payload that is not what its format says (errors-and-payloads.md § 6.5)', async () => {
  const world = bootLua({
    'app:main': `function main()
      local value = process.listen("raw"):receive()
      local p = process.inbox():receive():payload()
      local none, err = p:data()
      return {value:kind(), p:get_format(), none == nil, err:kind(), err:retryable()}
    end`,
  });
  const pid = world.spawn('app:main');
  const seen = world.watch(pid);
  const broken = (): unknown => createPayload('json/plain', makeBinary('{"a":'));
  world.system.send(undefined, pid, 'raw', [broken()]);
  world.system.send(undefined, pid, 'other', [broken()]);
  await world.clock.settle();
  expect(resultOf(seen.outcome!)).toEqual(['Internal', 'json/plain', true, 'Internal', false]);
});

it('msg:from() is nil and event.from is empty when the host itself sent it (process.md § 6, § 7)', async () => {
  const world = bootLua({
    'app:main': `function main()
      local msg, event = process.inbox():receive(), process.events():receive()
      return {msg:from() == nil, event.from, event.reason}
    end`,
  });
  const pid = world.spawn('app:main');
  const seen = world.watch(pid);
  world.system.send(undefined, pid, 't', []);
  world.system.cancel('', pid, 'service stopping');
  await world.clock.settle();
  expect(resultOf(seen.outcome!)).toEqual([true, '', 'service stopping']);
});
