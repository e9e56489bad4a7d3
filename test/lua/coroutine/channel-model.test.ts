/** Channels against a model: random senders, receivers, selects and closes (`concurrency.md` § 3-4). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Channel } from '../../../src/lua/coroutine/channel.ts';
import { ManagedCoroutine } from '../../../src/lua/coroutine/coroutine.ts';
import { fromHost, type LuaValue, nilValue, toNumber } from '../../../src/lua/index.ts';
import type { LuaState } from '../../../src/vm/index.ts';
import { bootLua } from '../../support/lua-world.ts';

bootLua({});

type Step =
  | { readonly kind: 'send' | 'receive' | 'close'; readonly channel: number }
  | { readonly kind: 'select'; readonly cases: readonly { channel: number; isSend: boolean }[] };

const channelNumber = fc.integer({ min: 0, max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('send' as const), channel: channelNumber }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('receive' as const), channel: channelNumber }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), channel: channelNumber }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('select' as const),
      cases: fc.array(fc.record({ channel: channelNumber, isSend: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
);

/** One wait of the model: where it hangs, and how it ended. */
interface ModelWait {
  readonly cases: readonly { channel: number; isSend: boolean }[];
  readonly value: number;
  result?: string;
}

/** Channels as arrays: slow and plainly right. */
class Model {
  readonly channels: { buffer: number[]; isClosed: boolean; waits: { wait: ModelWait; at: number }[] }[];
  readonly capacities: readonly number[];

  constructor(capacities: readonly number[]) {
    this.capacities = capacities;
    this.channels = capacities.map(() => ({ buffer: [], isClosed: false, waits: [] }));
  }

  /** Starts a send, receive or select; `result` is set when it did not have to wait. */
  start(wait: ModelWait): undefined {
    for (const [at, { channel, isSend }] of wait.cases.entries()) {
      const target = this.channels[channel]!;
      if (isSend) {
        if (target.isClosed) return this.#end(wait, `${at}:closed`);
        const receiver = this.#first(channel, false);
        if (receiver !== undefined) {
          this.#end(receiver.wait, `${receiver.at}:${wait.value}`);
          return this.#end(wait, `${at}:sent`);
        }
        if (target.buffer.length < this.capacities[channel]!) {
          target.buffer.push(wait.value);
          return this.#end(wait, `${at}:sent`);
        }
      } else {
        if (target.buffer.length > 0) {
          const value = target.buffer.shift()!;
          const sender = this.#first(channel, true);
          if (sender !== undefined) {
            target.buffer.push(sender.wait.value);
            this.#end(sender.wait, `${sender.at}:sent`);
          }
          return this.#end(wait, `${at}:${value}`);
        }
        const sender = this.#first(channel, true);
        if (sender !== undefined) {
          this.#end(sender.wait, `${sender.at}:sent`);
          return this.#end(wait, `${at}:${sender.wait.value}`);
        }
        if (target.isClosed) return this.#end(wait, `${at}:closed`);
      }
    }
    wait.cases.forEach(({ channel }, at) => void this.channels[channel]!.waits.push({ wait, at }));
    return undefined;
  }

  close(channel: number): void {
    const target = this.channels[channel]!;
    target.isClosed = true;
    for (const isSend of [true, false]) {
      for (let one = this.#first(channel, isSend); one !== undefined; one = this.#first(channel, isSend)) {
        this.#end(one.wait, `${one.at}:closed`);
      }
    }
  }

  #first(channel: number, isSend: boolean): { wait: ModelWait; at: number } | undefined {
    return this.channels[channel]!.waits.find(({ wait, at }) => wait.cases[at]!.isSend === isSend);
  }

  #end(wait: ModelWait, result: string): undefined {
    wait.result = result;
    for (const channel of this.channels) channel.waits = channel.waits.filter((one) => one.wait !== wait);
    return undefined;
  }
}

/** Drives real channels the way `modules/channel.ts` does, without Lua. */
function perform(
  channels: readonly Channel[],
  wait: ModelWait,
  coroutine: ManagedCoroutine,
): string | undefined {
  for (const [at, { channel, isSend }] of wait.cases.entries()) {
    const target = channels[channel]!;
    if (isSend) {
      if (!target.canSend) continue;
      if (target.isClosed) return `${at}:closed`;
      target.give(fromHost(wait.value));
      return `${at}:sent`;
    }
    if (!target.canReceive) continue;
    return target.hasValue ? `${at}:${toNumber(target.take())}` : `${at}:closed`;
  }
  wait.cases.forEach(({ channel, isSend }, at) => {
    channels[channel]!.enlist(coroutine, at, isSend, isSend ? fromHost(wait.value) : nilValue());
  });
  return undefined;
}

function resultOf(coroutine: ManagedCoroutine): string {
  const { completed, isOk, received } = coroutine;
  const { caseIndex, isSend } = completed!;
  if (!isOk) return `${caseIndex}:closed`;
  return isSend ? `${caseIndex}:sent` : `${caseIndex}:${toNumber(received as LuaValue)}`;
}

describe('Channel', () => {
  it('behaves as the model: values, order, who is woken, and no trace of a finished select', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 }),
        fc.array(step, { maxLength: 60 }),
        (capacities, steps) => {
          const woken: ManagedCoroutine[] = [];
          const unit = { makeReady: (one: ManagedCoroutine) => void woken.push(one) };
          const channels = capacities.map((capacity) => new Channel({ capacity }));
          const model = new Model(capacities);
          const waits: { wait: ModelWait; coroutine: ManagedCoroutine; result: string | undefined }[] = [];
          steps.forEach((one, number) => {
            if (one.kind === 'close') {
              channels[one.channel]!.close();
              model.close(one.channel);
            } else {
              const cases =
                one.kind === 'select' ? one.cases : [{ channel: one.channel, isSend: one.kind === 'send' }];
              const coroutine = new ManagedCoroutine(unit, {} as LuaState, 0);
              const result = perform(channels, { cases, value: number }, coroutine);
              const wait: ModelWait = { cases, value: number };
              model.start(wait);
              waits.push({ wait, coroutine, result });
            }
            for (const { wait, coroutine, result } of waits) {
              const actual = result ?? (woken.includes(coroutine) ? resultOf(coroutine) : undefined);
              expect(actual).toBe(wait.result);
            }
          });
          // Everyone is woken at most once, and whoever was woken waits nowhere any more.
          expect(new Set(woken).size).toBe(woken.length);
          for (const coroutine of woken) expect(coroutine.waiterCount).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
