import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromHost, type HostValue } from '../../../src/lua/index.ts';
import {
  CLOSE_REASON_BYTES_MAX,
  cutReason,
  isCloseCodeAllowed,
  parseCloseRequest,
} from '../../../src/relay/websocket/close.ts';
import { createMachine } from '../../../src/vm/index.ts';

describe('isCloseCodeAllowed()', () => {
  it.each([1000, 1003, 1007, 1014, 3000, 4999])('allows %d (relay.md S6)', (code) => {
    expect(isCloseCodeAllowed(code)).toBe(true);
  });

  it.each([999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d (relay.md S6)',
    (code) => {
      expect(isCloseCodeAllowed(code)).toBe(false);
    },
  );
});

describe('cutReason()', () => {
  it('leaves a reason that fits alone', () => {
    expect(cutReason('é'.repeat(61)).toString()).toBe('é'.repeat(61));
  });

  it('cuts at a character boundary (relay.md T2)', () => {
    expect(cutReason(`${'a'.repeat(122)}é`).toString()).toBe('a'.repeat(122));
    expect(cutReason('한'.repeat(50)).toString()).toBe('한'.repeat(41));
  });

  it('always gives valid UTF-8 of at most 123 bytes that the reason begins with', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (reason) => {
        const cut = cutReason(reason);
        expect(cut.length).toBeLessThanOrEqual(CLOSE_REASON_BYTES_MAX);
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(cut);
        expect(Buffer.from(reason).toString().startsWith(text)).toBe(true);
      }),
    );
  });
});

describe('parseCloseRequest()', () => {
  beforeAll(() => void createMachine()); // values need one

  const request = (value?: HostValue): unknown =>
    parseCloseRequest(value === undefined ? undefined : fromHost(value));

  it.each([
    [undefined, 1000, 'Connection closed by server'],
    [null, 1000, 'Connection closed by server'],
    [{}, 1000, ''],
    [{ code: 4000 }, 4000, ''],
    [{ code: '4000', reason: 'r' }, 4000, 'r'],
    [{ reason: 'r' }, 1000, 'r'],
    [{ reason: 5 }, 1000, '5'],
    ['why', 1000, 'why'],
    ['{"code":4001,"reason":"json"}', 4001, 'json'],
    ['{"other":1}', 1000, '{"other":1}'],
    ['{broken', 1000, '{broken'],
    ['[1]', 1000, '[1]'],
  ] as [HostValue | undefined, number, string][])('reads %j (relay.md § 8)', (value, code, reason) => {
    expect(request(value)).toEqual({ code, reason, fault: undefined });
  });

  it.each([[{ code: 1006 }], [{ code: 1.5 }], [{ code: '0x3e8' }], [{ code: {} }], [5]] as [HostValue][])(
    'honours the wish of %j with 1011 (relay.md S6)',
    (value) => {
      expect(request(value)).toMatchObject({ code: 1011, fault: expect.any(String) });
    },
  );
});
