/**
 * Answers with a file: type, validators, conditional requests and single ranges by `@fastify/send`, several
 * ranges here (`http.md` F5). The only file that imports that package.
 */
import { createReadStream } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { send } from '@fastify/send';
import { BYTE_RANGES_MAX } from '../../base/index.ts';
import type { Exchange } from '../exchange/exchange.ts';

/** What the caller decides about the answer. */
export interface FileAnswerOptions {
  /** Replaces the type found by extension. */
  readonly contentType?: string;
  /** `Cache-Control`; empty = none. */
  readonly cache?: string;
}

/** An inclusive span of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Prepares the response of an exchange from a file. Headers prepared already are kept unless the file
 * decides them; the body is replaced.
 * @param path absolute, free of symlinks, checked to be inside its root.
 * @returns false when it is no readable file.
 */
export async function answerFile(
  exchange: Exchange,
  path: string,
  options: FileAnswerOptions = {},
): Promise<boolean> {
  const { response, request } = exchange;
  const result = await send(request.raw, `/${encodeURIComponent(basename(path))}`, {
    root: dirname(path),
    dotfiles: 'allow',
    cacheControl: false,
    index: false,
  });
  if (result.type !== 'file' && ![412, 416].includes(result.statusCode)) {
    result.stream.destroy();
    return false;
  }
  const headers = { ...result.headers };
  if (result.type === 'file') {
    if (options.contentType !== undefined && headers['Content-Type'] !== undefined) {
      headers['Content-Type'] = options.contentType;
    }
    if (options.cache) headers['Cache-Control'] = options.cache;
  }
  response.setBody(Buffer.alloc(0));
  if (result.type !== 'file') {
    result.stream.destroy();
    const range = headers['Content-Range'];
    response.answer(
      result.statusCode,
      result.statusCode === 416 ? 'range not satisfiable' : 'precondition failed',
    );
    if (range !== undefined) response.setHeader('Content-Range', range);
    return true;
  }
  const size = Number(headers['Content-Length']);
  const ranges = severalRanges(request.raw.headers.range, request.header('if-range'), size);
  if (ranges !== undefined && result.statusCode === 200 && request.method === 'GET') {
    result.stream.destroy();
    setHeaders(exchange, { ...headers, 'Content-Length': '' });
    answerRanges(exchange, path, ranges, {
      size,
      type: headers['Content-Type'] ?? 'application/octet-stream',
    });
    return true;
  }
  response.setStatus(result.statusCode);
  setHeaders(exchange, headers);
  response.setBodyStream(result.stream, Number.isNaN(size) ? undefined : size);
  return true;
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
  const total = ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  return ranges.length < 2 || total > size ? undefined : ranges;
}

/** RFC 9110 14.6: `multipart/byteranges`. */
function answerRanges(
  exchange: Exchange,
  path: string,
  ranges: readonly ByteRange[],
  file: { readonly size: number; readonly type: string },
): void {
  const boundary = `ranges-${file.size}-${ranges[0]!.start}-${ranges.length}-moonhub`;
  const heads = ranges.map(
    ({ start, end }) =>
      `\r\n--${boundary}\r\nContent-Type: ${file.type}\r\nContent-Range: bytes ${start}-${end}/${file.size}\r\n\r\n`,
  );
  const tail = `\r\n--${boundary}--\r\n`;
  async function* body(): AsyncGenerator<Buffer> {
    for (const [index, { start, end }] of ranges.entries()) {
      yield Buffer.from(heads[index]!);
      yield* createReadStream(path, { start, end }) as AsyncIterable<Buffer>;
    }
    yield Buffer.from(tail);
  }
  const dataBytes = ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  const headBytes = heads.reduce((sum, head) => sum + Buffer.byteLength(head), 0);
  exchange.response.setStatus(206);
  exchange.response.setHeader('Content-Type', `multipart/byteranges; boundary=${boundary}`);
  exchange.response.setBodyStream(
    Readable.from(body(), { objectMode: false }),
    dataBytes + headBytes + Buffer.byteLength(tail),
  );
}

function setHeaders(exchange: Exchange, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name !== 'Content-Length') exchange.response.setHeader(name, String(value));
  }
}
