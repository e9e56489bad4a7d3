import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkHandshake,
  formatSwitchingResponse,
  isCopiedToSwitching,
  selectSubprotocol,
} from '../../../src/relay/websocket/handshake.ts';

const GOOD = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };

describe('checkHandshake()', () => {
  it('finds nothing wrong with a client of RFC 6455', () => {
    expect(checkHandshake('GET', GOOD)).toBeUndefined();
  });

  it('answers 405 with Allow when the method is not GET (relay.md H2)', () => {
    expect(checkHandshake('POST', GOOD)).toMatchObject({ status: 405, headers: { Allow: 'GET' } });
  });

  it.each([undefined, '8', '14', '13, 8', ''])(
    'answers 400 with the version we speak for version %s',
    (version) => {
      const headers = { ...GOOD, 'sec-websocket-version': version };
      expect(checkHandshake('GET', headers as never)).toMatchObject({
        status: 400,
        headers: { 'Sec-WebSocket-Version': '13' },
      });
    },
  );

  it.each([undefined, '', 'short', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZSEh', '!'.repeat(24)])(
    'answers 400 when the key is not 16 bytes: %s',
    (key) => {
      const headers = { ...GOOD, 'sec-websocket-key': key };
      expect(checkHandshake('GET', headers as never)?.status).toBe(400);
    },
  );

  it('accepts every key of 16 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const key = Buffer.from(bytes).toString('base64');
        expect(checkHandshake('GET', { ...GOOD, 'sec-websocket-key': key })).toBeUndefined();
      }),
    );
  });

  it('answers 400 when an offered subprotocol is no token', () => {
    expect(checkHandshake('GET', { ...GOOD, 'sec-websocket-protocol': 'chat, "x"' })?.status).toBe(400);
  });
});

describe('selectSubprotocol()', () => {
  const offer = { 'sec-websocket-protocol': 'v2, v1' };

  it('takes the first offer of the client that is configured', () => {
    expect(selectSubprotocol(offer, ['v1', 'v2'], undefined)).toBe('v2');
  });

  it('takes the choice of the handler when the client offered it (relay.md H11)', () => {
    expect(selectSubprotocol(offer, [], 'v1')).toBe('v1');
    expect(selectSubprotocol(offer, ['v2'], 'v9')).toBe('v2');
  });

  it('selects nothing when nothing fits', () => {
    expect(selectSubprotocol(offer, ['v3'], undefined)).toBeUndefined();
    expect(selectSubprotocol({}, ['v1'], 'v1')).toBeUndefined();
  });
});

describe('formatSwitchingResponse()', () => {
  it('answers the key of RFC 6455 1.3 with the accept value printed there', () => {
    const text = formatSwitchingResponse('dGhlIHNhbXBsZSBub25jZQ==', [['Set-Cookie', 'a=1']]);
    expect(text).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSet-Cookie: a=1\r\n\r\n',
    );
  });
});

describe('isCopiedToSwitching()', () => {
  it.each(['Set-Cookie', 'X-Request-Id', 'Vary', 'X-Relay-Info'])('copies %s (relay.md H11)', (name) => {
    expect(isCopiedToSwitching(name)).toBe(true);
  });

  it.each([
    'Connection',
    'UPGRADE',
    'Sec-WebSocket-Accept',
    'sec-websocket-protocol',
    'Content-Type',
    'Content-Length',
    'Transfer-Encoding',
    'X-WS-Relay',
    'X-SSE-Relay',
  ])('keeps %s back (relay.md H11)', (name) => {
    expect(isCopiedToSwitching(name)).toBe(false);
  });
});
