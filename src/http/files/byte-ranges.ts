/** Several spans of a file in one response (`http.md` F5, RFC 9110 14). */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { BYTE_RANGES_MAX } from '../../base/index.ts';

/** An inclusive span of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A body of several spans. */
export interface RangesBody {
  readonly contentType: string;
  readonly stream: Readable;
  readonly byteCount: number;
}

/**
 * Reads a `Range` header that asks for more than one span.
 * @returns `undefined` when it does not, is malformed, or asks for more than is reasonable: the whole file is
 * sent then, which RFC 9110 14.2 allows.
 */
export function severalRanges(
  header: string | undefined,
  ifRange: string | undefined,
  size: number,
): readonly ByteRange[] | undefined {
  const list = /^ *bytes=(.*)$/.exec(header ?? '')?.[1]?.split(',');
  if (list === undefined || list.length < 2 || list.length > BYTE_RANGES_MAX || ifRange !== undefined) {
    return undefined;
  }
  const ranges: ByteRange[] = [];
  for (const text of list) {
    const match = /^ *(\d*)-(\d*) *$/.exec(text);
    if (match === null || (match[1] === '' && match[2] === '')) return undefined;
    const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
    const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
    if (start <= end) ranges.push({ start, end });
  }
  // RFC 9110 17.15: overlapping or tiny spans are a cheap way to make a server work.
  return ranges.length < 2 || byteCountOf(ranges) > size ? undefined : ranges;
}

/** RFC 9110 14.6: `multipart/byteranges`. */
export function rangesBody(
  path: string,
  ranges: readonly ByteRange[],
  file: { readonly size: number; readonly type: string },
): RangesBody {
  const boundary = `ranges-${file.size}-${ranges[0]!.start}-${ranges.length}-moonhub`;
  const heads = ranges.map(
    ({ start, end }) =>
      `\r\n--${boundary}\r\nContent-Type: ${file.type}\r\nContent-Range: bytes ${start}-${end}/${file.size}\r\n\r\n`,
  );
  const tail = `\r\n--${boundary}--\r\n`;
  async function* pieces(): AsyncGenerator<Buffer> {
    for (const [index, { start, end }] of ranges.entries()) {
      yield Buffer.from(heads[index]!);
      yield* createReadStream(path, { start, end }) as AsyncIterable<Buffer>;
    }
    yield Buffer.from(tail);
  }
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    stream: Readable.from(pieces(), { objectMode: false }),
    byteCount: byteCountOf(ranges) + Buffer.byteLength(heads.join('') + tail),
  };
}

function byteCountOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0);
}
