/**
 * The opening handshake of RFC 6455 § 4.2 as pure functions: what a request asks for, why it is refused,
 * and the 101 that answers it.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isHeaderToken, splitList } from '../client/header-list.ts';
import type { Refusal } from '../client/refusal.ts';

/** RFC 6455 1.3: the constant both sides append to the key. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** H2: what is wrong with an upgrade request, before any application code; `undefined` = nothing. */
export function checkHandshake(
  method: string,
  headers: IncomingHttpHeaders,
  httpVersion = '1.1',
): Refusal | undefined {
  if (method !== 'GET') return { status: 405, body: 'method not allowed', headers: { Allow: 'GET' } };
  // RFC 6455 4.2.1: HTTP/1.1 or higher.
  if (httpVersion === '1.0' || httpVersion === '0.9') return { status: 400, body: 'http/1.1 is required' };
  if (headers['sec-websocket-version'] !== '13') {
    return {
      status: 400,
      body: 'unsupported websocket version',
      headers: { 'Sec-WebSocket-Version': '13' },
      values: { version: headers['sec-websocket-version'] },
    };
  }
  // 22 base64 digits and `==` are 16 bytes; the last digit's low four bits are padding.
  if (!/^[+/0-9A-Za-z]{21}[AQgw]==$/.test(headers['sec-websocket-key']?.trim() ?? '')) {
    return { status: 400, body: 'invalid websocket key' };
  }
  if (!splitList(headers['sec-websocket-protocol'] ?? '').every(isHeaderToken)) {
    const values = { subprotocol: headers['sec-websocket-protocol'] };
    return { status: 400, body: 'invalid websocket subprotocol', values };
  }
  return undefined;
}

/**
 * The subprotocol to answer with: the handler's choice if the client offered it (H11), else the first client
 * offer that is configured.
 */
export function selectSubprotocol(
  headers: IncomingHttpHeaders,
  configured: readonly string[],
  chosenByHandler: string | undefined,
): string | undefined {
  const offers = splitList(headers['sec-websocket-protocol'] ?? '');
  if (chosenByHandler !== undefined && offers.includes(chosenByHandler)) return chosenByHandler;
  return offers.find((offer) => configured.includes(offer));
}

/** Whether a header the handler set goes out with the 101 (H11). */
export function isCopiedToSwitching(name: string): boolean {
  return !isOwnedByHandshake(name.toLowerCase());
}

function isOwnedByHandshake(name: string): boolean {
  return (
    name === 'connection' ||
    name === 'upgrade' ||
    name === 'transfer-encoding' ||
    name.startsWith('sec-websocket-') ||
    name.startsWith('content-') ||
    /^x-.*-relay$/.test(name)
  );
}

/** The 101 response, complete with its empty line. `extra` are further header lines, already checked. */
export function formatSwitchingResponse(key: string, extra: Iterable<readonly [string, string]>): string {
  const accept = createHash('sha1')
    .update(key.trim() + ACCEPT_GUID)
    .digest('base64');
  let text = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`;
  for (const [name, value] of extra) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}
