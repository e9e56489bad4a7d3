import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeJson, fromHost, toHost } from '../../../src/lua/index.ts';
import { parseWebSocketFields } from '../../../src/relay/websocket/fields.ts';
import { createMachine } from '../../../src/vm/index.ts';

beforeAll(() => void createMachine()); // values need one

const parse = (json: string): ReturnType<typeof parseWebSocketFields> =>
  parseWebSocketFields(decodeJson(Buffer.from(json, 'utf8').toString('latin1')));

describe('parseWebSocketFields()', () => {
  it('reads what the handler of documents 000-003 writes', () => {
    const parsed = parse(
      '{"target_pid":"{app:processes|0x00004}","message_topic":"ws.message","heartbeat_interval":"30s","metadata":{"user_id":"é한"}}',
    );
    expect(parsed).toMatchObject({
      ok: true,
      fields: { target: '{app:processes|0x00004}', messageTopic: 'ws.message', heartbeatMs: 30_000 },
    });
    expect(parsed.ok && toHost(parsed.fields.metadata!)).toEqual({ user_id: 'é한' });
  });

  it.each([
    '{}',
    '[]',
    '{"target_pid":null,"metadata":[]}',
    '{"metadata":null,"message_topic":""}',
    '{"x":1}',
  ])('reads %s as no fields (relay.md H14, H15)', (json) => {
    expect(parse(json)).toEqual({
      ok: true,
      fields: { target: undefined, messageTopic: undefined, heartbeatMs: undefined, metadata: undefined },
    });
  });

  it.each([
    ['"0"', 0],
    ['0', 0],
    ['"1m30s"', 90_000],
    ['"1ms"', 10],
    ['""', undefined],
    ['null', undefined],
    ['5', 'invalid'],
    ['"-1s"', 'invalid'],
    ['"1d"', 'invalid'],
    ['"soon"', 'invalid'],
    ['true', 'invalid'],
    ['{}', 'invalid'],
  ])('reads the heartbeat %s as %s (relay.md § 2, H17)', (json, expected) => {
    const parsed = parse(`{"heartbeat_interval":${json}}`);
    expect(parsed.ok && parsed.fields.heartbeatMs).toBe(expected);
  });

  it.each([
    ['1', 'configuration'],
    ['"text"', 'configuration'],
    ['null', 'configuration'],
    ['[1]', 'configuration'],
    ['{"target_pid":1}', 'configuration'],
    ['{"target_pid":{}}', 'configuration'],
    ['{"message_topic":1}', 'configuration'],
    ['{"message_topic":"@x"}', 'configuration'],
    ['{"message_topic":"ws.leave"}', 'configuration'],
    ['{"metadata":"x"}', 'configuration'],
    ['{"metadata":[1]}', 'configuration'],
    ['{"target_pid":"{x}"}', 'target'],
    ['{"target_pid":"{a|b"}', 'target'],
  ])('refuses %s (relay.md § 2)', (json, fault) => {
    expect(parse(json)).toMatchObject({ ok: false, fault });
  });

  it('refuses metadata that JSON cannot carry', () => {
    const mixed = new Map([
      [1, 'a'],
      [2.5, 'b'],
    ]);
    expect(parseWebSocketFields(fromHost({ metadata: mixed }))).toMatchObject({ ok: false });
  });

  it('never throws, whatever JSON a client of a handler can smuggle in', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(typeof parse(json).ok).toBe('boolean');
      }),
    );
  });
});
