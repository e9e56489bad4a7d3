/**
 * What RFC 9112 asks of the head of a request and Node's parser lets pass. The parser itself refuses folded lines,
 * spaces before a colon, bare line feeds, and a length beside chunks or twice (`http.md` C11); tests hold it to that.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isHost, type RequestTarget, tryParseTarget } from '../exchange/request-target.ts';

/** A head that is answered at once, and the connection closed. */
export interface HeadFault {
  readonly status: number;
  /** One line, for the client and the log. */
  readonly line: string;
}

/**
 * What a request is aimed at, or why nothing can be made of its head.
 * @param isUpgrade what follows the head is another protocol's
 */
export function readHead(request: IncomingMessage, isUpgrade: boolean): RequestTarget | HeadFault {
  const fault = findFault(request, isUpgrade);
  if (fault !== undefined) return fault;
  return tryParseTarget(request.url ?? '') ?? { status: 400, line: 'bad request: malformed target' };
}

/** One line of text and the end of the connection, for requests that never become an exchange. */
export function answerAtOnce(response: ServerResponse, status: number, line: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  });
  response.end(`${line}\n`);
}

function findFault(request: IncomingMessage, isUpgrade: boolean): HeadFault | undefined {
  const { headers, httpVersion } = request;
  // Without a version it is HTTP/0.9, which has no headers and no status; nobody speaks it.
  if (httpVersion === '0.9') return { status: 400, line: 'bad request: no HTTP version' };
  if (!httpVersion.startsWith('1.')) return { status: 505, line: 'HTTP version not supported' };
  const hosts = linesOf(request, 'host');
  // RFC 9112 3.2: no host is legal before HTTP/1.1, and an empty one where the target has none to name.
  if (hosts.length > 1 || (hosts.length === 0 && httpVersion !== '1.0')) {
    return { status: 400, line: 'bad request: one Host is needed' };
  }
  if (hosts[0] && !isHost(hosts[0])) return { status: 400, line: 'bad request: malformed Host' };
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    // RFC 9112 6.1: framing of a later version in an older message cannot be trusted.
    if (httpVersion === '1.0') return { status: 400, line: 'bad request: chunks before HTTP/1.1' };
    if (!/(?:^|,)\s*chunked$/i.test(coding)) return { status: 400, line: 'bad request: no end to its body' };
    if (coding.length > 'chunked'.length) return { status: 501, line: 'transfer coding not implemented' };
  }
  // RFC 9110 7.8: its body would come first, and be read as the other protocol.
  if (isUpgrade && (coding !== undefined || Number(headers['content-length'] ?? 0) > 0)) {
    return { status: 400, line: 'bad request: an upgrade has no body' };
  }
  return undefined;
}

/** Values of every line of a header, as they came: Node keeps only one of some. */
function linesOf({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i]!;
    if (raw.length === name.length && raw.toLowerCase() === name) values.push(rawHeaders[i + 1]!);
  }
  return values;
}
