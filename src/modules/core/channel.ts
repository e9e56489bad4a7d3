/** The `channel` module (`concurrency.md` § 3-4): `new` and `select`. */

import {
  answered,
  Channel,
  COST,
  checkCanWait,
  defineModule,
  firstReady,
  guard,
  type LuaModule,
  pushChannel,
  SEND_ON_CLOSED,
  SelectCase,
  serveEarlier,
  unitOf,
} from '../../lua/index.ts';
import {
  checkTable,
  getField,
  hostYield,
  type LuaState,
  newTable,
  optInteger,
  pop,
  pushBoolean,
  pushOwned,
  raise,
  rawGetIndex,
  setField,
  spend,
  toBoolean,
  toHostObject,
  typeOf,
} from '../../vm/index.ts';

/** Global and `require("channel")`. */
export const channelModule: LuaModule = defineModule({
  name: 'channel',
  isGlobal: true,
  functions: {
    new(L) {
      spend(L, COST.channel);
      const capacity = Math.max(0, optInteger(L, 1, 0));
      pushChannel(L, new Channel({ capacity }));
      return 1;
    },
    select,
  },
});

/** What a case of a select costs, in instructions: it is read, asked, and perhaps waited for. */
const CASE_COST = 10;

// Reading the cases calls no Lua code, so one list serves all selects.
const cases: SelectCase[] = [];

function select(L: LuaState): number {
  checkTable(L, 1);
  const count = readCases(L);
  spend(L, count * CASE_COST);
  for (let i = 0; i < count; i++) {
    if (!cases[i]!.channel.isAwaited) continue;
    serveEarlier(L);
    break;
  }
  const found = firstReady(cases, count);
  if (found >= 0) return completeNow(L, found);
  if (hasDefault(L)) return pushDefault(L);
  if (count === 0) raise(L, 'select with no cases');
  checkCanWait(L);
  const coroutine = unitOf(L).running!;
  for (let i = 0; i < count; i++) {
    const { channel, isSend, value } = cases[i]!;
    channel.enlist(coroutine, i, isSend, value);
  }
  return hostYield(L, continueSelect);
}

/** Reads the array part of the table at 1 into `cases`. */
function readCases(L: LuaState): number {
  for (let count = 0; ; count++) {
    const type = rawGetIndex(L, 1, count + 1);
    if (type === 'nil') {
      pop(L, 1);
      return count;
    }
    const object = toHostObject(L, -1);
    pop(L, 1);
    if (!(object instanceof SelectCase))
      return raise(L, `select case expected at position ${count + 1}, got ${type}`);
    cases[count] = object;
  }
}

function hasDefault(L: LuaState): boolean {
  if (typeOf(L, 2) === 'boolean' && toBoolean(L, 2)) return true;
  getField(L, 1, 'default');
  const isSet = typeOf(L, -1) === 'boolean' && toBoolean(L, -1);
  pop(L, 1);
  return isSet;
}

function completeNow(L: LuaState, index: number): number {
  const { channel, isSend, value } = cases[index]!;
  if (isSend) {
    if (channel.isClosed) raise(L, SEND_ON_CLOSED);
    channel.give(value);
    return pushResult(L, channel, () => pushOwned(L, value), true);
  }
  if (!channel.hasValue) return pushResult(L, channel, undefined, false);
  const taken = channel.take();
  return pushResult(L, channel, () => pushOwned(L, taken), true);
}

function pushResult(
  L: LuaState,
  channel: Channel,
  pushTaken: (() => void) | undefined,
  isOk: boolean,
): number {
  newTable(L, 0, 3);
  pushChannel(L, channel);
  setField(L, -2, 'channel');
  if (pushTaken !== undefined) {
    pushTaken();
    setField(L, -2, 'value');
  }
  pushBoolean(L, isOk);
  setField(L, -2, 'ok');
  return 1;
}

function pushDefault(L: LuaState): number {
  newTable(L, 0, 2);
  pushBoolean(L, true);
  setField(L, -2, 'default');
  pushBoolean(L, true);
  setField(L, -2, 'ok');
  return 1;
}

const continueSelect = guard('channel.select', (L) => {
  const { completed, isOk, received } = answered(L);
  const { channel, isSend, value } = completed!;
  if (isSend) {
    if (!isOk) raise(L, SEND_ON_CLOSED);
    return pushResult(L, channel!, () => pushOwned(L, value), true);
  }
  return pushResult(L, channel!, isOk ? () => pushOwned(L, received) : undefined, isOk);
});
