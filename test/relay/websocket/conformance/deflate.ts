/** A client's side of permessage-deflate (RFC 7692), for Autobahn sections 12 and 13. */
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';
import { maskedFrame } from '../../wire.ts';
import { CONTINUATION, TEXT } from './frames.ts';

/** Offers and what they may come to; `undefined` = the server declines. */
export const OFFERS: readonly { readonly offer: string; readonly agreed: RegExp | undefined }[] = [
  { offer: 'permessage-deflate', agreed: /^permessage-deflate/ },
  { offer: 'permessage-deflate; client_max_window_bits', agreed: /^permessage-deflate/ },
  { offer: 'permessage-deflate; client_max_window_bits=9', agreed: /^permessage-deflate/ },
  { offer: 'permessage-deflate; client_no_context_takeover', agreed: /client_no_context_takeover/ },
  { offer: 'permessage-deflate; server_no_context_takeover', agreed: /server_no_context_takeover/ },
  { offer: 'permessage-deflate; server_max_window_bits=9', agreed: /server_max_window_bits=9/ },
  { offer: 'permessage-deflate; server_max_window_bits=15', agreed: /server_max_window_bits=15/ },
  {
    offer:
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
    agreed: /server_max_window_bits=9/,
  },
  { offer: 'permessage-deflate; server_max_window_bits=8; x=1, permessage-deflate', agreed: undefined },
  { offer: 'permessage-deflate; server_max_window_bits=16', agreed: undefined },
  { offer: 'permessage-deflate; unknown_parameter', agreed: undefined },
  { offer: 'x-webkit-deflate-frame', agreed: undefined },
];

/** What a server leaves out behind every message (RFC 7692 7.2.1). */
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);

/** Deflates and inflates as agreed, with the window of the messages before where it may. */
export interface ClientDeflate {
  /** A text message: whole (0), in two fragments (1), or not compressed (2). */
  frames(text: string, shape: number): Promise<Buffer[]>;
  inflate(payload: Buffer): Promise<Buffer>;
}

/** @param agreed the extension as the server answered it */
export function createClientDeflate(agreed: string): ClientDeflate {
  const bits = (side: string): number =>
    Number(new RegExp(`${side}_max_window_bits=(\\d+)`).exec(agreed)?.[1] ?? 15);
  const deflate = createDeflateRaw({ windowBits: bits('client') });
  const inflate = createInflateRaw({ windowBits: bits('server') });
  return {
    async frames(text, shape) {
      if (shape === 2) return [maskedFrame(TEXT, text)];
      if (agreed.includes('client_no_context_takeover')) deflate.reset();
      const bytes = (await pass(deflate, Buffer.from(text))).subarray(0, -TAIL.length);
      if (shape === 0) return [maskedFrame(0x40 | TEXT, bytes)];
      const half = bytes.length >> 1;
      return [
        maskedFrame(0x40 | TEXT, bytes.subarray(0, half), { fin: false }),
        maskedFrame(CONTINUATION, bytes.subarray(half)),
      ];
    },
    inflate: async (payload) => {
      if (agreed.includes('server_no_context_takeover')) inflate.reset();
      return pass(inflate, Buffer.concat([payload, TAIL]));
    },
  };
}

async function pass(stream: DeflateRaw | InflateRaw, bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const collect = (chunk: Buffer): void => void chunks.push(chunk);
  stream.on('data', collect);
  stream.write(bytes);
  await new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  stream.off('data', collect);
  return Buffer.concat(chunks);
}
