import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EVENT_BACKLOG_BYTES_MAX,
  EVENT_BACKLOG_MAX,
  EVENT_DELIVERIES_COST_MAX,
  EVENT_DELIVERIES_MAX,
  EVENT_LOSS_LOG_MS,
} from '../../../src/base/index.ts';
import { EventBus, eventTable } from '../../../src/lua/event/event-bus.ts';
import { compilePattern } from '../../../src/lua/event/event-pattern.ts';
import { toHost } from '../../../src/lua/value/values.ts';
import { createMachine } from '../../../src/vm/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createLogDouble } from '../../support/programs.ts';

createMachine();

describe('compilePattern() (concurrency.md § 10.2)', () => {
  it.each([
    ['*', 'anything.at.all', true],
    ['*', '', true],
    ['order', 'order', true],
    ['order', 'orders', false],
    ['order', 'order.created', false],
    ['test.*', 'test.a', true],
    ['test.*', 'test.a.b', true],
    ['test.*', 'test', false],
    ['test.*', 'tester', false],
    ['*.created', 'order.created', true],
    ['*.created', 'a.order.created', false],
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a.b.b.c', false],
    ['(a|b).x', 'a.x', true],
    ['(a|b).x', 'b.x', true],
    ['(a|b).x', 'c.x', false],
    ['**', 'a.b', true],
    ['a.**', 'a', true],
    ['a.**', 'a.b.c', true],
    ['a.**.z', 'a.z', true],
    ['a.**.z', 'a.b.c.z', true],
    ['a.**.z', 'a.b.c', false],
    ['**.b.**', 'a.b.c.b', true],
    ['Test.*', 'test.a', false],
    ['a.(b|c).*', 'a.c.d.e', true],
  ])('%j on %j is %j', (pattern, text, expected) => {
    expect(compilePattern(pattern)(text)).toBe(expected);
  });

  it('agrees with a pattern written as a regular expression', () => {
    const word = fc.constantFrom('a', 'b', 'c');
    const text = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('.'));
    const pattern = fc.array(fc.oneof(word, fc.constantFrom('*', '**', '(a|b)')), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(pattern, text, (words, subject) => {
        const last = words.length - 1;
        const isAll = words.length === 1 && words[0] === '*';
        const source = words
          .map((one, i) => {
            if (one === '**') return '(?:\\.[^.]+)*';
            if (one === '*') return i === last ? '(?:\\.[^.]+)+' : '\\.[^.]+';
            return `\\.${one}`;
          })
          .join('');
        const expected = isAll || new RegExp(`^${source}$`).test(`.${subject}`);
        expect(compilePattern(words.join('.'))(subject)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('answers at once whatever a program writes', () => {
    const hostile = compilePattern(Array(30).fill('**.a').join('.'));
    expect(hostile(Array(5000).fill('a').join('.').concat('.b'))).toBe(false);
    expect(compilePattern('**.'.repeat(100_000))('a')).toBe(false);
  });
});

describe('EventBus', () => {
  function world() {
    const clock = createFakeClock();
    const { log, lines } = createLogDouble();
    return { clock, lines, bus: new EventBus({ clock, log }) };
  }

  it('publish() never runs a receiver, and delivers in order', () => {
    const { clock, bus } = world();
    const seen: unknown[] = [];
    bus.subscribe('registry', '', (event) => seen.push(toHost(eventTable(event))));
    bus.publish('registry', 'entry.create', 'app:a', { n: 1 });
    bus.publish('registry', 'registry.commit', 'app:a');
    bus.publish('supervisor', 'x', 'y');
    expect(seen).toEqual([]);
    clock.flush();
    expect(seen).toEqual([
      { system: 'registry', kind: 'entry.create', path: 'app:a', data: { n: 1 } },
      { system: 'registry', kind: 'registry.commit', path: 'app:a' },
    ]);
  });

  it('an ended subscription receives nothing, not even what was on its way', () => {
    const { clock, bus } = world();
    const seen: unknown[] = [];
    const end = bus.subscribe('*', '', (event) => seen.push(event));
    bus.publish('a', 'k', 'p');
    end();
    clock.flush();
    expect(seen).toEqual([]);
  });

  it('an event sent by a receiver waits for the next turn', () => {
    const { clock, bus } = world();
    let count = 0;
    bus.subscribe('a', '', () => {
      if (++count < 3) bus.publish('a', 'k', 'p');
    });
    bus.publish('a', 'k', 'p');
    clock.turn();
    expect(count).toBe(1);
    clock.flush();
    expect(count).toBe(3);
  });

  it('H12: a receiver that throws is logged, and neither the others nor the rest of the queue miss anything', () => {
    const { clock, bus, lines } = world();
    let count = 0;
    bus.subscribe('a', '', () => {
      throw new Error('receiver');
    });
    bus.subscribe('a', '', () => count++);
    bus.publish('a', 'k', 'p');
    bus.publish('a', 'k', 'p');
    clock.flush();
    expect(count).toBe(2);
    expect(lines.map(({ level, event }) => [level, event])).toEqual(
      Array(2).fill(['error', 'event receiver failed']),
    );
  });

  it('loses what goes beyond its bounds, the newest first, and counts it in one line a second (§ 10.4)', () => {
    const { clock, bus, lines } = world();
    let count = 0;
    bus.subscribe('a', '', () => count++);
    for (let i = 0; i < EVENT_BACKLOG_MAX + 5; i++) bus.publish('a', 'k', 'p');
    clock.flush();
    expect(count).toBe(EVENT_BACKLOG_MAX);
    clock.advance(EVENT_LOSS_LOG_MS * 3);
    expect(lines.map(({ event, fields }) => [event, fields.lost])).toEqual([
      ['events lost', 1],
      ['events lost', 4],
    ]);
  });

  it('bounds the bytes of what waits, too (§ 10.4)', () => {
    const { clock, bus, lines } = world();
    let count = 0;
    const end = bus.subscribe('a', '', () => count++);
    for (let i = 0; i < 20; i++) bus.publish('a', 'k', 'p', 'x'.repeat(EVENT_BACKLOG_BYTES_MAX / 8));
    clock.flush();
    expect(count).toBe(7);
    end();
    expect(lines.map(({ fields }) => fields.lost)).toEqual([1, 12]);
  });

  it('hands over in one turn what a turn can hold, in number and in size (D2)', () => {
    const { clock, bus } = world();
    let count = 0;
    bus.subscribe('*', '', () => count++);
    for (let i = 0; i < EVENT_DELIVERIES_MAX + 5; i++) bus.publish('small', 'k', 'p');
    clock.turn();
    expect(count).toBe(EVENT_DELIVERIES_MAX);
    clock.flush();
    count = 0;
    const data = Array.from({ length: EVENT_DELIVERIES_COST_MAX / 2 }, (_, i) => i);
    for (let i = 0; i < 5; i++) bus.publish('large', 'k', 'p', data);
    clock.turn();
    expect(count).toBe(2);
    clock.flush();
    expect(count).toBe(5);
  });
});
