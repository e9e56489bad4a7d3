/**
 * A request as programs see it. Everything textual is a *binary* string (one character per byte), the form
 * Lua strings cross in: nothing is guessed about an encoding.
 */
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { decodePercent, type RequestTarget } from './request-target.ts';

/** What a proxy that is trusted says of the request it received (`http.md` 3.4). */
export interface Forwarded {
  /** `host[:port]` as the client named it. */
  readonly host: string | undefined;
  /** `http` or `https`. */
  readonly scheme: string | undefined;
}

/** One request. */
export class RequestView {
  /** The node request, for streaming bodies and middleware that hand it to packages. */
  readonly raw: IncomingMessage;
  readonly method: string;
  readonly target: RequestTarget;
  /** `ip:port`, IPv6 in brackets; `real_ip` replaces it by a bare IP (`http.md` 3.4). */
  remoteAddress: string;
  /** IP of the peer, unmapped (`::ffff:1.2.3.4` is `1.2.3.4`), never replaced. */
  readonly peerIp: string;
  /** Set by `real_ip` for a peer it trusts: everybody else's word counts for nothing. */
  forwarded: Forwarded | undefined;
  /** Decoded route parameters; `undefined` until a route matched. */
  params: ReadonlyMap<string, string> | undefined;
  #query: readonly (readonly [string, string])[] | undefined;

  constructor(raw: IncomingMessage, target: RequestTarget) {
    this.raw = raw;
    this.method = raw.method ?? 'GET';
    this.target = target;
    this.peerIp = unmapIp(raw.socket.remoteAddress ?? '');
    const host = this.peerIp.includes(':') ? `[${this.peerIp}]` : this.peerIp;
    this.remoteAddress = `${host}:${raw.socket.remotePort ?? 0}`;
  }

  /** Whose bytes are counted together: the address without its port, of IPv6 the network. */
  get clientNetwork(): string {
    return clientNetwork(this.remoteAddress);
  }

  get path(): string {
    return this.target.path;
  }

  /** `host[:port]` it was sent to, well-formed; empty when it names none. */
  get host(): string {
    return this.target.host ?? this.raw.headers.host ?? '';
  }

  /** Repeated headers joined with `, ` (`Cookie` with `; `, RFC 6265 5.4). `name` in any case. */
  header(name: string): string | undefined {
    const lower = name.toLowerCase();
    const known = this.raw.headers[lower];
    if (known === undefined || lower === 'cookie') return known as string | undefined;
    // Node keeps only the first of some repeated headers; programs see all of them (http.md 5.1).
    const { rawHeaders } = this.raw;
    const values: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const raw = rawHeaders[i]!;
      if (raw.length === lower.length && raw.toLowerCase() === lower) values.push(rawHeaders[i + 1]!);
    }
    return values.join(', ');
  }

  /** Decoded pairs in order of appearance. */
  get query(): readonly (readonly [string, string])[] {
    this.#query ??= parseQuery(this.target.query);
    return this.#query;
  }

  /** Bytes announced: -1 unknown (chunked), 0 without body. */
  get contentLength(): number {
    if (this.raw.headers['transfer-encoding'] !== undefined) return -1;
    return Number(this.raw.headers['content-length'] ?? 0);
  }

  /** Whether a body was announced. */
  get hasBody(): boolean {
    return this.contentLength !== 0;
  }
}

/** `::ffff:1.2.3.4` (an IPv4 peer of a dual-stack socket) as `1.2.3.4`; a zone such as `%eth0` is dropped. */
function unmapIp(ip: string): string {
  const bare = ip.replace(/%.*$/, '');
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(bare) ? bare.slice(7) : bare;
}

function parseQuery(text: string): readonly (readonly [string, string])[] {
  if (text === '') return [];
  const decode = (part: string): string => decodePercent(part.replaceAll('+', ' '));
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0
        ? ([decode(pair), ''] as const)
        : ([decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))] as const);
    });
}

/** `1.2.3.4:5` and `[::1]:5` lose their port; a bare IP (after `real_ip`) stays. */
export function withoutPort(address: string): string {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):\d+$/.exec(address);
  return match?.[1] ?? match?.[2] ?? address;
}

/**
 * Who is behind an address, with or without a port: the address, or for IPv6 its first 64 bits, since whoever has one
 * address of such a network has them all (RFC 6177).
 */
function clientNetwork(address: string): string {
  const ip = withoutPort(address);
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = ip.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
