import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntryId, Pid } from '../../../src/base/index.ts';
import { type LifecycleEvent, Mailbox, type MailQueue, type Message } from '../../../src/process/index.ts';

const SENDER = '{test:host|0x00001}' as Pid;

function createMailbox(limit = 100): { box: Mailbox; wakes: () => number } {
  let count = 0;
  const box = new Mailbox({ wake: () => void count++ }, limit);
  return { box, wakes: () => count };
}

function push(box: Mailbox, topic: string, value?: unknown): boolean {
  return box.push(SENDER, topic, [value], undefined);
}

function cancel(reason = ''): LifecycleEvent {
  return { kind: 'cancel', from: '', at: 0, reason };
}

function drain(queue: MailQueue<Message>): string[] {
  const topics: string[] = [];
  for (let message = queue.take(); message !== undefined; message = queue.take()) topics.push(message.topic);
  return topics;
}

describe('mailbox.push()', () => {
  test('keeps messages until a reader comes, in order (process.md 6.1)', () => {
    const { box } = createMailbox();
    push(box, 'a');
    push(box, 'b');
    push(box, 'c');
    expect(drain(box.openInbox())).toEqual(['a', 'b', 'c']);
  });

  test('refuses the newest when the box is full and takes again after one was read (process.md 5.7)', () => {
    const { box } = createMailbox(2);
    expect([push(box, 'a'), push(box, 'b'), push(box, 'c')]).toEqual([true, true, false]);
    expect(box.messageCount).toBe(2);
    box.openInbox().take();
    expect(push(box, 'd')).toBe(true);
    expect(drain(box.openInbox())).toEqual(['b', 'd']);
  });

  test('counts listened messages against the limit too', () => {
    const { box } = createMailbox(2);
    box.listen('a');
    push(box, 'a');
    push(box, 'b');
    expect(push(box, 'a')).toBe(false);
  });

  test('exempts events and messages with a receipt from the limit (process.md 5.7, relay.md L2)', () => {
    const { box } = createMailbox(1);
    push(box, 'a');
    expect(box.push(SENDER, 'b', [], { taken() {} })).toBe(true);
    box.pushEvent(cancel());
    expect(push(box, 'c')).toBe(false);
    expect([box.messageCount, box.eventCount, box.room]).toEqual([2, 1, 0]);
  });

  test('wakes the owner for each message and each event', () => {
    const { box, wakes } = createMailbox(1);
    push(box, 'a');
    box.pushEvent(cancel());
    expect(wakes()).toBe(2);
    push(box, 'refused');
    expect(wakes()).toBe(2);
  });
});

describe('mailbox.listen()', () => {
  test('takes over waiting messages of its topic only (process.md 6.2)', () => {
    const { box } = createMailbox();
    for (const topic of ['a', 'b', 'a']) push(box, topic);
    const inbox = box.openInbox();
    const listener = box.listen('a');
    expect([listener.size, inbox.size]).toEqual([2, 1]);
    expect(drain(inbox)).toEqual(['b']);
  });

  test('gives the same queue for the same topic (process.md 6.4)', () => {
    const { box } = createMailbox();
    expect(box.listen('a')).toBe(box.listen('a'));
    expect(box.listen('a')).not.toBe(box.listen('b'));
  });

  test('unlisten() gives untaken messages back in arrival order (process.md 6.8)', () => {
    const { box } = createMailbox();
    const listener = box.listen('a');
    for (const topic of ['a', 'b', 'a', 'c', 'a']) push(box, topic);
    listener.take();
    box.unlisten('a');
    expect(listener.size).toBe(0);
    expect(drain(box.openInbox())).toEqual(['b', 'a', 'c', 'a']);
    push(box, 'a');
    expect(drain(box.openInbox())).toEqual(['a']);
  });

  test('unlisten() of an unknown topic changes nothing', () => {
    const { box } = createMailbox();
    push(box, 'a');
    box.unlisten('zzz');
    expect(box.messageCount).toBe(1);
  });
});

describe('mailbox readers', () => {
  test('closeInbox() makes the old reader blind and keeps the messages', () => {
    const { box } = createMailbox();
    const old = box.openInbox();
    push(box, 'a');
    box.closeInbox();
    push(box, 'b');
    expect([old.size, old.take(), old.peekSequence()]).toEqual([0, undefined, undefined]);
    expect(drain(box.openInbox())).toEqual(['a', 'b']);
  });

  test('closeEvents() makes the old reader blind and keeps the events', () => {
    const { box } = createMailbox();
    const old = box.openEvents();
    box.pushEvent(cancel('one'));
    box.closeEvents();
    expect(old.take()).toBeUndefined();
    expect(box.openEvents().take()).toMatchObject({ kind: 'cancel', reason: 'one' });
  });

  test('peekSequence() compares across inbox, events and listeners (concurrency.md 4.6)', () => {
    const { box } = createMailbox();
    push(box, 'a');
    box.pushEvent(cancel());
    push(box, 'b');
    const listener = box.listen('b');
    expect(box.openInbox().peekSequence()).toBe(1);
    expect(box.openEvents().peekSequence()).toBe(2);
    expect(listener.peekSequence()).toBe(3);
  });

  test('takeNext() gives messages and events in arrival order and leaves listeners their own', () => {
    const { box } = createMailbox();
    box.listen('mine');
    push(box, 'a');
    push(box, 'mine');
    box.pushEvent(cancel());
    push(box, 'b');
    const kinds: string[] = [];
    for (let mail = box.takeNext(); mail !== undefined; mail = box.takeNext()) {
      kinds.push(mail.kind === 'message' ? mail.topic : mail.kind);
    }
    expect(kinds).toEqual(['a', 'cancel', 'b']);
    expect(box.messageCount).toBe(1);
  });

  test('unsubscribeAll() keeps every unread message and event in order (process.md 12.4)', () => {
    const { box } = createMailbox();
    const listener = box.listen('b');
    for (const topic of ['a', 'b', 'c']) push(box, topic);
    box.pushEvent(cancel());
    box.unsubscribeAll();
    expect(listener.size).toBe(0);
    expect(drain(box.openInbox())).toEqual(['a', 'b', 'c']);
    expect(box.openEvents().size).toBe(1);
  });
});

describe('mailbox events', () => {
  const outdated = (...sources: string[]): LifecycleEvent => ({
    kind: 'outdated',
    from: SENDER,
    at: 1,
    sources: sources as EntryId[],
  });

  test('pushEvent() merges pending OUTDATED events into one (process.md 7.4)', () => {
    const { box } = createMailbox();
    box.pushEvent(outdated('app:a'));
    box.pushEvent(cancel());
    box.pushEvent(outdated('app:b', 'app:a'));
    const events = box.openEvents();
    expect(events.size).toBe(2);
    expect(events.take()).toMatchObject({ kind: 'outdated', sources: ['app:a', 'app:b'] });
    box.pushEvent(outdated('app:c'));
    events.take();
    expect(events.take()).toMatchObject({ sources: ['app:c'] });
  });

  test('dropOutdated() forgets OUTDATED only', () => {
    const { box } = createMailbox();
    box.pushEvent(cancel());
    box.pushEvent(outdated('app:a'));
    box.dropOutdated();
    expect([box.eventCount, box.hasEvent('cancel'), box.hasEvent('outdated')]).toEqual([1, true, false]);
  });
});

describe('mailbox receipts', () => {
  test('are told once when taken, and once when discarded with the mailbox', () => {
    const { box } = createMailbox();
    const told: string[] = [];
    const receipt = (name: string) => ({ taken: () => void told.push(name) });
    box.push(SENDER, 'a', [], receipt('read'));
    box.push(SENDER, 'b', [], receipt('waiting'));
    box.listen('c');
    box.push(SENDER, 'c', [], receipt('listened'));
    box.openInbox().take();
    expect(told).toEqual(['read']);
    box.close();
    box.close();
    expect(told.sort()).toEqual(['listened', 'read', 'waiting']);
  });

  test('stay silent when the message was refused', () => {
    const { box } = createMailbox();
    box.close();
    let isTold = false;
    expect(
      box.push(SENDER, 'a', [], {
        taken: () => {
          isTold = true;
        },
      }),
    ).toBe(false);
    expect(isTold).toBe(false);
  });
});

test('mailbox.close() leaves every reader empty and refuses what comes', () => {
  const { box } = createMailbox();
  const readers = [box.openInbox(), box.listen('a')];
  const events = box.openEvents();
  push(box, 'a');
  push(box, 'b');
  box.pushEvent(cancel());
  box.close();
  expect(push(box, 'c')).toBe(false);
  box.pushEvent(cancel());
  expect([...readers.map((reader) => reader.size), events.size, box.messageCount]).toEqual([0, 0, 0, 0]);
  expect(box.takeNext()).toBeUndefined();
});

/** The routing rules as a list: every untaken message with its topic, and the set of listened topics. */
class Model {
  mail: { topic: string; id: number }[] = [];
  readonly listened = new Set<string>();

  take(topic: string | undefined): number | undefined {
    const index = this.mail.findIndex((item) =>
      topic === undefined ? !this.listened.has(item.topic) : item.topic === topic,
    );
    return index < 0 ? undefined : this.mail.splice(index, 1)[0]!.id;
  }
}

test('mailbox routes like the rules of process.md 6 whatever the order of calls', () => {
  const topic = fc.constantFrom('a', 'b', 'c');
  const command = fc.oneof(
    fc.record({ do: fc.constant('push' as const), topic }),
    fc.record({ do: fc.constant('listen' as const), topic }),
    fc.record({ do: fc.constant('unlisten' as const), topic }),
    fc.record({ do: fc.constant('take' as const), topic }),
    fc.record({ do: fc.constant('takeInbox' as const), topic }),
    fc.record({ do: fc.constant('reopen' as const), topic }),
    fc.record({ do: fc.constant('upgrade' as const), topic }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), fc.integer({ min: 1, max: 12 }), (commands, limit) => {
      const { box } = createMailbox(limit);
      const model = new Model();
      let id = 0;
      for (const step of commands) {
        switch (step.do) {
          case 'push': {
            const fits = model.mail.length < limit;
            expect(push(box, step.topic, ++id)).toBe(fits);
            if (fits) model.mail.push({ topic: step.topic, id });
            break;
          }
          case 'listen':
            box.listen(step.topic);
            model.listened.add(step.topic);
            break;
          case 'unlisten':
            box.unlisten(step.topic);
            model.listened.delete(step.topic);
            break;
          case 'take':
            if (!model.listened.has(step.topic)) break;
            expect(box.listen(step.topic).take()?.payloads[0]).toBe(model.take(step.topic));
            break;
          case 'takeInbox':
            expect(box.openInbox().take()?.payloads[0]).toBe(model.take(undefined));
            break;
          case 'reopen':
            box.closeInbox();
            break;
          case 'upgrade':
            box.unsubscribeAll();
            model.listened.clear();
        }
        expect(box.messageCount).toBe(model.mail.length);
      }
    }),
  );
});
