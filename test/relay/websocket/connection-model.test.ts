/** The ordering promises of a connection under any interleaving of its inputs (`relay.md` G1-G4, X6, X7). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHost } from '../../../src/lua/index.ts';
import { OPCODE_CLOSE, OPCODE_TEXT } from '../../../src/relay/websocket/frame.ts';
import type { ScriptedProgram } from '../../support/programs.ts';
import { createRelayWorld, mailOf } from '../relay-world.ts';

type Action =
  | { readonly kind: 'frame' }
  | { readonly kind: 'answer'; readonly from: number }
  | { readonly kind: 'transfer'; readonly to: number }
  | { readonly kind: 'sleep' | 'read'; readonly target: number }
  | { readonly kind: 'settle' };

const TARGETS = 3;
const target = fc.nat({ max: TARGETS - 1 });
const actions = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('frame' as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('answer' as const), from: target }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('transfer' as const), to: target }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('sleep' as const, 'read' as const), target }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  ),
  { maxLength: 40 },
) as fc.Arbitrary<Action[]>;

describe('WebSocketConnection', () => {
  it('keeps its ordering promises whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(actions, fc.constantFrom('client', 'server', 'loss'), async (script, end) => {
        const world = createRelayWorld();
        const asleep = new Set<ScriptedProgram>();
        const targets = Array.from({ length: TARGETS }, () =>
          world.start({
            step: (self) => {
              if (asleep.has(self)) return { kind: 'waiting' };
              for (let mail = self.context.mailbox.takeNext(); mail; mail = self.context.mailbox.takeNext()) {
                self.received.push(mail);
              }
              return { kind: 'waiting' };
            },
          }),
        );
        const client = world.connect(targets[0]!, {
          options: { 'wsrelay.mailbox.limit': '3', 'wsrelay.ping.interval': '0' },
        });
        let framesSent = 0;
        const answers: string[] = [];
        for (const action of script) {
          switch (action.kind) {
            case 'frame':
              client.send(OPCODE_TEXT, String(framesSent++));
              break;
            case 'answer': {
              const text = `${action.from}:${answers.length}`;
              answers.push(text);
              world.system.send(targets[action.from]!.pid, client.pid, 'ws.send', [fromHost(text)]);
              break;
            }
            case 'transfer': {
              const command = fromHost({ target_pid: targets[action.to]!.pid });
              world.system.send(undefined, client.pid, 'ws.control', [command]);
              break;
            }
            case 'sleep':
              asleep.add(targets[action.target]!);
              break;
            case 'read':
              asleep.delete(targets[action.target]!);
              targets[action.target]!.context.wake();
              break;
            default:
              await world.settle();
          }
        }
        await world.settle();
        asleep.clear();
        for (const one of targets) one.context.wake();
        await world.settle();
        if (end === 'client') client.send(OPCODE_CLOSE, '\x03\xe8');
        else if (end === 'server') world.system.send(undefined, client.pid, 'ws.close', []);
        else client.wire.destroy();
        while (world.system.isAlive(client.pid)) await world.settle();
        await world.settle();

        const seen: number[] = [];
        for (const one of targets) {
          const topics = one.topics.join(' ');
          // G1: join, then messages, then leave; again for every stay.
          expect(topics).toMatch(/^(ws\.join( ws\.message)* ws\.leave ?)*$/);
          const frames = mailOf(one).flatMap(([topic, value]) =>
            topic === 'ws.message' ? [Number((value as { data: string }).data)] : [],
          );
          expect(frames).toEqual([...frames].sort((a, b) => a - b)); // G2: wire order
          seen.push(...frames);
        }
        // G2, X7: none lost, none twice.
        expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: framesSent }, (_, i) => i));
        // G4: everything that was sent before the end goes out, in order of arrival.
        const out = client.frames().filter((frame) => frame.opcode === OPCODE_TEXT);
        expect(out.map((frame) => frame.payload)).toEqual(answers);
        expect(world.clock.timerCount).toBe(end === 'client' || end === 'server' ? 1 : 0); // the close timer
      }),
      { numRuns: 200 },
    );
  });
});
