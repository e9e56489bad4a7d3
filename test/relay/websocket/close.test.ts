import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOSE_REASON_BYTES_MAX, cutReason, isCloseCodeAllowed } from '../../../src/relay/websocket/close.ts';

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
