/** The `channel` module (`concurrency.md` § 3-4): the Lua face of `../channel.ts`. */

import { HubError } from '../../base/index.ts';
import { Channel, firstReady, SelectCase } from '../channel.ts';
import type { ManagedCoroutine } from '../coroutine.ts';
import { COST } from '../cost.ts';
import {
  checkHostObject,
  checkTable,
  freshHostObject,
  getField,
  type HostType,
  hostYield,
  isYieldable,
  type LuaState,
  makeNil,
  newTable,
  optInteger,
  pop,
  pushBoolean,
  pushNil,
  pushOwned,
  raise,
  rawGetIndex,
  setField,
  setTop,
  spend,
  toBoolean,
  toHostObject,
  typeOf,
  valueAt,
} from '../engine/index.ts';
import { pushError } from '../error-object.ts';
import { defineModule, defineType, guard, type LuaModule } from '../module.ts';
import { checkCanWait } from '../suspend.ts';
import { unitOf } from '../unit.ts';

const SEND_ON_CLOSED = 'send on closed channel';

/** The Lua type of channels. A channel in a message becomes nil. */
export const CHANNEL_TYPE: HostType<Channel> = defineType<Channel>({
  name: 'channel',
  methods: {
    send(L) {
      const channel = checkHostObject(L, 1, CHANNEL_TYPE);
      setTop(L, 2);
      if (channel.isClosed) raise(L, SEND_ON_CLOSED);
      const value = valueAt(L, 2);
      if (channel.canSend) {
        channel.give(value);
        pushBoolean(L, true);
        return 1;
      }
      checkCanWait(L);
      channel.enlist(unitOf(L).running!, -1, true, value);
      return hostYield(L, continueSend);
    },
    receive(L) {
      const channel = checkHostObject(L, 1, CHANNEL_TYPE);
      if (channel.isAwaited) serveEarlier(L);
      if (channel.hasValue) {
        pushOwned(L, channel.take());
        pushBoolean(L, true);
        return 2;
      }
      if (channel.isClosed) return pushClosed(L);
      checkCanWait(L);
      channel.enlist(unitOf(L).running!, -1, false, makeNil());
      return hostYield(L, continueReceive);
    },
    close(L) {
      const channel = checkHostObject(L, 1, CHANNEL_TYPE);
      const isWoken = channel.close();
      const unit = unitOf(L);
      // Those it woke go on first (concurrency.md § 1, ready order); where the closer cannot wait it goes on first.
      if (!isWoken || unit.isLoading || !isYieldable(L)) return 0;
      const closer = unit.running!;
      closer.isWaiting = true;
      unit.makeReady(closer);
      return hostYield(L, continueClose);
    },
    case_receive(L) {
      const channel = checkHostObject(L, 1, CHANNEL_TYPE);
      channel.receiveCase ??= freshHostObject(new SelectCase(channel, false, makeNil()), CASE_TYPE);
      pushOwned(L, channel.receiveCase);
      return 1;
    },
    case_send(L) {
      const channel = checkHostObject(L, 1, CHANNEL_TYPE);
      setTop(L, 2);
      pushOwned(L, freshHostObject(new SelectCase(channel, true, valueAt(L, 2)), CASE_TYPE));
      return 1;
    },
  },
  tostring: (channel) => (channel.isClosed ? 'channel (closed)' : 'channel'),
});

const CASE_TYPE: HostType<SelectCase> = defineType<SelectCase>({ name: 'channel.case', methods: {} });

/** Global and `require("channel")`. */
export const channelModule: LuaModule = defineModule({
  name: 'channel',
  isGlobal: true,
  functions: {
    new(L) {
      spend(L, COST.channel);
      const capacity = Math.max(0, optInteger(L, 1, 0));
      pushChannel(L, new Channel(unitOf(L), { capacity }));
      return 1;
    },
    select,
  },
});

/** Pushes a channel; the same userdata each time. */
export function pushChannel(L: LuaState, channel: Channel): void {
  channel.value ??= freshHostObject(channel, CHANNEL_TYPE);
  pushOwned(L, channel.value);
}

// Reading the cases calls no Lua code, so one list serves all selects.
const cases: SelectCase[] = [];

function select(L: LuaState): number {
  checkTable(L, 1);
  const count = readCases(L);
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

/** What arrived during this step belongs to those who waited for it before (`process.md` § 6.10). */
function serveEarlier(L: LuaState): void {
  unitOf(L).mail?.pump();
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

function pushClosed(L: LuaState): number {
  pushNil(L);
  pushBoolean(L, false);
  return 2;
}

const continueReceive = guard('channel:receive', (L) => {
  const coroutine = answered(L);
  if (!coroutine.isOk) return pushClosed(L);
  pushOwned(L, coroutine.received);
  pushBoolean(L, true);
  return 2;
});

const continueSend = guard('channel:send', (L) => {
  if (answered(L).isOk) {
    pushBoolean(L, true);
    return 1;
  }
  pushNil(L);
  pushError(L, new HubError('MH_LUA_CHANNEL_CLOSED', { message: SEND_ON_CLOSED }));
  return 2;
});

const continueSelect = guard('channel.select', (L) => {
  const { completed, isOk, received } = answered(L);
  const { channel, isSend, value } = completed!;
  if (isSend) {
    if (!isOk) raise(L, SEND_ON_CLOSED);
    return pushResult(L, channel!, () => pushOwned(L, value), true);
  }
  return pushResult(L, channel!, isOk ? () => pushOwned(L, received) : undefined, isOk);
});

const continueClose = (): number => 0;

function answered(L: LuaState): ManagedCoroutine {
  return unitOf(L).running!;
}
