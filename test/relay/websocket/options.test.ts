import { describe, expect, it } from 'vitest';
import { MiddlewareOptions } from '../../../src/http/index.ts';
import { parseRelayOptions } from '../../../src/relay/websocket/options.ts';

const given = (options: Record<string, string>): MiddlewareOptions =>
  new MiddlewareOptions(new Map(Object.entries(options)));

describe('parseRelayOptions()', () => {
  it('has the documented defaults (relay.md § 1)', () => {
    expect(parseRelayOptions(given({})).options).toEqual({
      allowedOrigins: '',
      payloadMode: 'table',
      heartbeatMs: 0,
      messageBytesMax: 1_048_576,
      unreadMessagesMax: 256,
      inboundBytesMax: 2_097_152,
      queuedBytesMax: 4_194_304,
      pingIntervalMs: 30_000,
      pingTimeoutMs: 10_000,
      closeTimeoutMs: 5000,
      connectionsMax: 0,
      subprotocols: [],
      isCompressionOffered: false,
    });
  });

  it('beats every 30 seconds in json and raw mode unless told otherwise (relay.md B1)', () => {
    expect(parseRelayOptions(given({ 'wsrelay.payload': 'json' })).options.heartbeatMs).toBe(30_000);
    expect(parseRelayOptions(given({ 'wsrelay.payload': 'raw' })).options.heartbeatMs).toBe(30_000);
    const off = given({ 'wsrelay.payload': 'json', 'wsrelay.heartbeat.interval': '0' });
    expect(parseRelayOptions(off).options.heartbeatMs).toBe(0);
  });

  it.each([
    ['wsrelay.payload', 'xml'],
    ['wsrelay.heartbeat.interval', 'soon'],
    ['wsrelay.heartbeat.interval', '-1s'],
    ['wsrelay.max.message.size', '1.5'],
    ['wsrelay.max.message.size', '0'],
    ['wsrelay.mailbox.limit', '-1'],
    ['wsrelay.send.limit', 'big'],
    ['wsrelay.max.connections', '1e3'],
    ['wsrelay.subprotocols', 'a b'],
    ['wsrelay.compression', 'yes'],
  ])('refuses %s: %s, naming key and value (relay.md E2)', (key, value) => {
    expect(() => parseRelayOptions(given({ [key]: value }))).toThrow(
      expect.objectContaining({ details: { key, value } }),
    );
  });

  it('reports keys of its own that nobody knows, and no others (relay.md E2)', () => {
    const parsed = parseRelayOptions(
      given({ 'wsrelay.speed': '1', 'cors.max.age': '1', allow_origins: '*' }),
    );
    expect(parsed.unknownKeys).toEqual(['wsrelay.speed']);
  });
});
