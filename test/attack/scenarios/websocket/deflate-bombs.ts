import { deflateRawSync } from 'node:zlib';
import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';

const EXTENSION = 'Sec-WebSocket-Extensions: permessage-deflate\r\n';
/** First byte of a whole, compressed text message. */
const COMPRESSED = 0x40;

/** A message as permessage-deflate carries it (RFC 7692 7.2.1). */
function compressed(bytes: Buffer): Buffer {
  return maskedFrame(COMPRESSED | 1, Buffer.concat([deflateRawSync(bytes, { level: 9 }), Buffer.from([0])]));
}

export const scenario: Scenario = {
  name: 'deflate-bombs',
  does: 'sends 50 KB that inflate to 50 MB, messages that just fit, and streams that are no deflate at all',
  bound: 'wsrelay.max.message.size after inflating: 1009 (relay.md L1)',
  async run({ stranger, amount, expect, note }) {
    const bomb = compressed(Buffer.alloc(50_000_000, 'x'));
    const fits = compressed(Buffer.alloc(1_000_000, 'x'));
    const garbage = maskedFrame(COMPRESSED | 1, '\xff'.repeat(1000));
    const lines = await stranger.upgradeMany(amount(60, 15), '/slow', EXTENSION);
    await Promise.all(
      lines.map(async (line, index) => {
        if (index % 3 === 0) await line.write(bomb);
        if (index % 3 === 1) for (let i = 0; i < 20; i++) void line.write(fits);
        if (index % 3 === 2) await line.write(garbage);
        if (index % 3 !== 1) await line.endsWithin(5000);
      }),
    );
    const codesOf = (kind: number) =>
      new Set(lines.filter((_, index) => index % 3 === kind).map((line) => line.closeCode));
    expect(
      [...codesOf(0)].every((code) => code === 1009),
      `a bomb is closed with 1009 (${[...codesOf(0)]})`,
    );
    expect(
      [...codesOf(2)].every((code) => code === 1007 || code === 1002),
      `garbage is a violation (${[...codesOf(2)]})`,
    );
    note(`${lines.length} connections`);
  },
};
