import type { Clock } from '../base/index.ts';
import * as E from './engine/index.ts';
// Stand-in until engine/library exports installBaseLibrary.
export function installBaseLibrary(
  machine: E.Machine,
  options: { clock: Clock; extend: { coroutine: { spawn: E.HostFunction } }; textTypes: unknown[] },
): E.LuaValue {
  const L = machine.main;
  E.pushGlobals(L, machine);
  for (const name of [
    'load',
    'loadstring',
    'loadfile',
    'dofile',
    'collectgarbage',
    'package',
    'io',
    'debug',
    'fengari',
    'js',
    'module',
    'setfenv',
    'getfenv',
    'newproxy',
    '_G',
  ]) {
    E.pushNil(L);
    E.setField(L, -2, name);
  }
  E.getField(L, -1, 'table');
  E.getField(L, -1, 'unpack');
  E.setField(L, -3, 'unpack');
  E.pop(L, 1);
  E.getField(L, -1, 'coroutine');
  E.pushFunction(L, options.extend.coroutine.spawn, 'spawn');
  E.setField(L, -2, 'spawn');
  E.pop(L, 1);
  E.getField(L, -1, 'os');
  for (const name of ['execute', 'exit', 'getenv', 'remove', 'rename', 'tmpname', 'setlocale']) {
    E.pushNil(L);
    E.setField(L, -2, name);
  }
  E.pop(L, 1);
  for (const name of ['string', 'table', 'math', 'coroutine', 'os', 'utf8']) {
    E.getField(L, -1, name);
    E.freezeTable(L, -1);
    E.pop(L, 1);
  }
  const value = E.valueAt(L, -1);
  E.pop(L, 1);
  return value;
}
