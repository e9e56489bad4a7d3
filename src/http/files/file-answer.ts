/**
 * Answers with a file: type, validators, conditional requests and single ranges by `@fastify/send`, several ranges
 * by `byte-ranges.ts` (`http.md` F5). The only file that imports that package.
 */
import { basename, dirname } from 'node:path';
import { send } from '@fastify/send';
import type { Exchange } from '../exchange/exchange.ts';
import { rangesBody, severalRanges } from './byte-ranges.ts';

/** A file, and what is decided about it already. */
export interface FileAnswer {
  /** Absolute, free of symlinks, checked to be inside its root. */
  readonly path: string;
  /** Replaces the type found by extension. */
  readonly contentType?: string | undefined;
  /** `Cache-Control`; empty = none. */
  readonly cache?: string;
}

/**
 * Prepares the response of an exchange from a file. Headers prepared already are kept unless the file
 * decides them; the body is replaced.
 * @returns false when it is no readable file; nothing is changed then.
 */
export async function answerFile(exchange: Exchange, file: FileAnswer): Promise<boolean> {
  const { response, request } = exchange;
  const result = await send(request.raw, `/${encodeURIComponent(basename(file.path))}`, {
    root: dirname(file.path),
    dotfiles: 'allow',
    cacheControl: false,
    index: false,
  });
  if (result.type !== 'file') {
    result.stream.destroy();
    return answerRefused(exchange, result);
  }
  const headers: Record<string, string> = { ...result.headers };
  const type = file.contentType ?? headers['Content-Type'];
  if (type !== undefined && result.statusCode !== 304) headers['Content-Type'] = type;
  if (file.cache) headers['Cache-Control'] = file.cache;
  const size = Number(headers['Content-Length']);
  delete headers['Content-Length']; // The length of the body that is sent is the response's to say.
  const isWhole = result.statusCode === 200 && request.method === 'GET';
  const ranges = isWhole
    ? severalRanges(request.raw.headers.range, request.header('if-range'), size)
    : undefined;
  if (ranges === undefined) {
    response.setStatus(result.statusCode);
    setHeaders(exchange, headers);
    response.setBodyStream(result.stream, Number.isNaN(size) ? undefined : size);
  } else {
    result.stream.destroy();
    const body = rangesBody(file.path, ranges, { size, type: type ?? 'application/octet-stream' });
    response.setStatus(206);
    setHeaders(exchange, { ...headers, 'Content-Type': body.contentType });
    response.setBodyStream(body.stream, body.byteCount);
  }
  return true;
}

/** A condition that is not met, or a range outside the file, is an answer; anything else is no file. */
function answerRefused(
  { response }: Exchange,
  { statusCode, headers }: { readonly statusCode: number; readonly headers: Record<string, string> },
): boolean {
  if (statusCode !== 412 && statusCode !== 416) return false;
  response.answer(statusCode, statusCode === 416 ? 'range not satisfiable' : 'precondition failed');
  const range = headers['Content-Range'];
  if (range !== undefined) response.setHeader('Content-Range', range);
  return true;
}

function setHeaders({ response }: Exchange, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
}
