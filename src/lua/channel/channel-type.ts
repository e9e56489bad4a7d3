/**
 * Channels as Lua programs hold them (`concurrency.md` § 3): the type with its methods. The `channel` module adds
 * `new` and `select`; whoever feeds a channel from the host pushes it with `pushChannel`.
 */
import { HubError } from '../../base/index.ts';
import {
  checkHostObject,
  freshHostObject,
  type HostType,
  hostYield,
  isYieldable,
  type LuaState,
  makeNil,
  pushBoolean,
  pushNil,
  pushOwned,
  raise,
  setTop,
  valueAt,
} from '../../vm/index.ts';
import { defineType, guard } from '../binding/module.ts';
import { checkCanWait } from '../binding/suspend.ts';
import { type Channel, SelectCase } from '../coroutine/channel.ts';
import { unitOf } from '../coroutine/context.ts';
import type { ManagedCoroutine } from '../coroutine/coroutine.ts';
import { pushError } from '../value/error-object.ts';

/** Raised by a send on a closed channel. */
export const SEND_ON_CLOSED = 'send on closed channel';

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

/** Pushes a channel; the same userdata each time. */
export function pushChannel(L: LuaState, channel: Channel): void {
  channel.value ??= freshHostObject(channel, CHANNEL_TYPE);
  pushOwned(L, channel.value);
}

/** What arrived during this step belongs to those who waited for it before (`process.md` § 6.10). */
export function serveEarlier(L: LuaState): void {
  unitOf(L).mail?.pump();
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

const continueClose = (): number => 0;

/** The running coroutine: its wait for channels is over and says what came of it. */
export function answered(L: LuaState): ManagedCoroutine {
  return unitOf(L).running!;
}
