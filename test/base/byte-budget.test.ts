import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteAccount, ByteBudget } from '../../src/base/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const LIMIT = 1_000_000;

/** A budget of a million bytes and what was asked of those who hold them, in order. */
function createBudget() {
  const clock = createFakeClock();
  const budget = new ByteBudget({ limitBytes: LIMIT, clock });
  const asked: string[] = [];
  const note = (what: string) => (): void => void asked.push(what);
  return {
    clock,
    budget,
    asked,
    /** One that can be paused, as a socket that is read. */
    reader(name: string, owner = name, sink?: string): ByteAccount {
      const holder = {
        pause: note(`pause ${name}`),
        resume: note(`resume ${name}`),
        drop: () => {
          asked.push(`drop ${name}`);
          account.close();
        },
      };
      const account = budget.open({ kind: 'in', owner, holder, ...(sink === undefined ? {} : { sink }) });
      return account;
    },
    /** One that cannot, as what others send to a client. */
    writer(name: string, owner = name): ByteAccount {
      const account: ByteAccount = budget.open({
        kind: 'out',
        owner,
        holder: {
          drop: () => {
            asked.push(`drop ${name}`);
            account.close();
          },
        },
      });
      return account;
    },
  };
}

describe('ByteBudget (relay.md L8)', () => {
  it('asks nothing of anybody while half is free', () => {
    const { budget, reader, asked, clock } = createBudget();
    reader('a').hold(LIMIT / 2);
    expect(asked).toEqual([]);
    expect(clock.timerCount).toBe(0);
    expect(budget.inspect()).toEqual({
      limitBytes: LIMIT,
      usedBytes: LIMIT / 2,
      bytesByKind: { in: LIMIT / 2 },
      accounts: 1,
      paused: 0,
      pausesTotal: 0,
      dropsTotal: 0,
    });
  });

  it('pauses a reader that holds more than a quarter of what is free, and no smaller one', () => {
    const { reader, asked } = createBudget();
    const [greedy, modest] = [reader('greedy'), reader('modest')];
    greedy.hold(600_000);
    modest.hold(50_000);
    expect(asked).toEqual(['pause greedy']);
    greedy.release(600_000);
    expect(asked).toEqual(['pause greedy', 'resume greedy']);
  });

  it('leaves room for a newcomer however many greedy ones there are', () => {
    const { budget, clock, reader, asked } = createBudget();
    const greedy = Array.from({ length: 100 }, (_, i) => reader(`g${i}`));
    for (let round = 0; round < 1000; round++) {
      for (const account of greedy) if (!account.isPaused) account.hold(1_000);
    }
    expect(budget.usedBytes).toBeLessThan(LIMIT);
    clock.advance(250);
    const newcomer = reader('newcomer');
    newcomer.hold(2_000);
    expect(asked).not.toContain('pause newcomer');
    expect(asked.some((what) => what.startsWith('drop'))).toBe(false);
  });

  it('pauses all readers of one owner once they hold half, however small each is', () => {
    const { reader, asked } = createBudget();
    const many = Array.from({ length: 100 }, (_, i) => reader(`m${i}`, 'stranger'));
    for (const account of many) account.hold(6_000);
    expect(many.at(-1)!.isPaused).toBe(true);
    const other = reader('other');
    const neighbour = reader('neighbour', 'stranger');
    other.hold(20_000);
    neighbour.hold(1_000);
    expect(asked).not.toContain('pause other');
    expect(asked).not.toContain('pause neighbour');
  });

  it('keeps room for other sinks when one is slow', () => {
    const { reader, asked } = createBudget();
    const fast = reader('fast', 'c', 'fast hub');
    for (let i = 0; i < 120; i++) reader(`r${i}`, `c${i}`, 'slow hub').hold(5_000);
    expect(asked).toContain('pause r119');
    fast.hold(10_000);
    expect(asked).not.toContain('pause fast');
  });

  it('drops above the limit until an eighth is free, the largest first', () => {
    const { budget, writer, asked } = createBudget();
    for (const [name, bytes] of [
      ['small', 50_000],
      ['large', 500_000],
      ['middle', 300_000],
    ] as const) {
      writer(name).hold(bytes);
    }
    writer('last').hold(200_000);
    expect(asked).toEqual(['drop large']);
    expect(budget.inspect()).toMatchObject({ usedBytes: 550_000, dropsTotal: 1 });
  });

  it('prefers one that stands still to a larger one that moves', () => {
    const { clock, writer, asked } = createBudget();
    const still = writer('still');
    const moving = writer('moving');
    still.hold(250_000);
    moving.hold(300_000);
    for (let i = 0; i < 10; i++) {
      clock.advance(250);
      moving.release(300_000);
      moving.hold(300_000);
    }
    writer('new').hold(460_000);
    expect(asked).toEqual(['drop still']);
  });

  it('is not deceived by one that moves a byte now and then', () => {
    const { clock, writer, asked } = createBudget();
    const trickling = writer('trickling');
    const moving = writer('moving');
    trickling.hold(250_000);
    moving.hold(300_000);
    for (let i = 0; i < 10; i++) {
      clock.advance(250);
      trickling.release(1);
      trickling.hold(1);
      moving.release(300_000);
      moving.hold(300_000);
    }
    writer('new').hold(460_000);
    expect(asked).toEqual(['drop trickling']);
  });

  it('takes many small accounts of one owner for what they are together', () => {
    const { writer, asked } = createBudget();
    for (let i = 0; i < 40; i++) writer(`s${i}`, 'stranger').hold(20_000);
    writer('honest').hold(150_000);
    writer('another').hold(60_000);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every((what) => what.startsWith('drop s'))).toBe(true);
  });

  it('never chooses a small one before the greedy', () => {
    const { clock, writer, asked } = createBudget();
    const small = Array.from({ length: 100 }, (_, i) => writer(`small${i}`, 'office'));
    for (const account of small) account.hold(1_000);
    clock.advance(60_000);
    for (let i = 0; i < 12; i++) writer(`greedy${i}`).hold(90_000);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every((what) => what.startsWith('drop greedy'))).toBe(true);
  });

  it('drops those that stand still while it is scarce, one at a time, and no others', () => {
    const { budget, clock, reader, asked } = createBudget();
    const held = Array.from({ length: 10 }, (_, i) => reader(`r${i}`));
    for (const account of held) account.hold(90_000);
    clock.advance(4_000);
    held[3]!.release(90_000);
    held[3]!.hold(90_000);
    clock.advance(1_000);
    expect(asked.filter((what) => what.startsWith('drop'))).toHaveLength(1);
    expect(asked).not.toContain('drop r3');
    clock.advance(1_000);
    expect(budget.usedBytes).toBeLessThanOrEqual((LIMIT / 4) * 3);
  });

  it('does not wait for ever for paused ones that cannot go on: half messages that fill it', () => {
    const { clock, reader, asked } = createBudget();
    for (let i = 0; i < 10; i++) reader(`half${i}`).hold(80_000);
    clock.advance(31_000);
    expect(asked.some((what) => what.startsWith('drop'))).toBe(true);
  });

  it('charges what others still have to take, and drops none of it', () => {
    const { budget, clock, reader, asked } = createBudget();
    const gone = reader('gone');
    gone.hold(900_000);
    gone.abandon();
    reader('other').hold(200_000);
    expect(asked).not.toContain('drop gone');
    expect(budget.usedBytes).toBeGreaterThanOrEqual(900_000);
    gone.release(900_000);
    gone.close();
    gone.close();
    clock.advance(250);
    expect(budget.inspect()).toMatchObject({ paused: 0 });
  });

  it('resumes no more at once than there is room for', () => {
    const { clock, reader, budget } = createBudget();
    const big = reader('big', 'crowd');
    const waiting = Array.from({ length: 50 }, (_, i) => reader(`w${i}`, 'crowd'));
    big.hold(620_000);
    for (const account of waiting) account.hold(4_500);
    big.close();
    expect(budget.inspect().paused).toBe(50);
    clock.advance(250);
    expect(budget.inspect().paused).toBeGreaterThan(40);
    clock.advance(10_000);
    expect(budget.inspect().paused).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  it('charges memory that several hold once', () => {
    const { budget, writer } = createBudget();
    const [a, b] = [writer('a'), writer('b')];
    a.hold(400_000);
    b.hold(400_000, 0);
    expect(budget.usedBytes).toBe(400_000);
    a.release(400_000, 0);
    expect(budget.usedBytes).toBe(400_000);
    b.release(400_000);
    expect(budget.usedBytes).toBe(0);
  });

  it('comes to zero when everybody is gone, whatever happened, and asks the dropped nothing more', () => {
    const step = fc.record({
      who: fc.nat(7),
      what: fc.constantFrom('hold', 'release', 'abandon', 'close', 'wait'),
      bytes: fc.nat(400_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { budget, clock, reader, writer } = createBudget();
        const accounts = new Map<number, ByteAccount>();
        const closed = new Set<ByteAccount>();
        for (const { who, what, bytes } of steps) {
          let account = accounts.get(who);
          if (account === undefined || account.bytes === 0) {
            account?.close();
            account = who % 2 === 0 ? reader(`${who}`) : writer(`${who}`);
            accounts.set(who, account);
          }
          if (what === 'hold') account.hold(bytes);
          else if (what === 'release') account.release(Math.min(bytes, account.bytes));
          else if (what === 'abandon') account.abandon();
          else if (what === 'close') account.close();
          else clock.advance(bytes / 10);
          closed.add(account);
        }
        for (const account of closed) account.close();
        clock.advance(1_000);
        expect(budget.inspect()).toMatchObject({ usedBytes: 0, accounts: 0, paused: 0, bytesByKind: {} });
        expect(clock.timerCount).toBe(0);
      }),
    );
  });
});
