/**
 * Which web pages may open a relay (`relay.md` § 3). Browsers tell where a script came from in `Origin`;
 * other clients send none and are let through, because the check protects users of browsers only.
 */
import { shorten } from '../../base/index.ts';
import type { Exchange, MiddlewareOptions } from '../../http/index.ts';
import { splitList } from './header-list.ts';
import type { Refusal } from './refusal.ts';

/** Decides over one `Origin` header. */
export interface OriginPolicy {
  /** No list was configured: only same-host pages and clients without an origin pass (O4). */
  readonly isSameHostOnly: boolean;
  /** What passes, in words. */
  readonly description: string;
  /**
   * @param origin the `Origin` header, `undefined` when absent
   * @param host `host[:port]` the request was sent to, `undefined` when it names none
   * @param scheme of that request, where a proxy that is trusted says it: its default port means nothing either
   */
  allows(origin: string | undefined, host: string | undefined, scheme?: string): boolean;
}

/** A host name has at most 253 characters; longer origins are unparsable, so no pattern meets a long text. */
const ORIGIN_CHARACTERS_MAX = 512;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', ws: '80', https: '443', wss: '443' };

interface ParsedOrigin {
  readonly scheme: string;
  readonly hostname: string;
  /** `host[:port]`, lower case, without the default port of the scheme. */
  readonly authority: string;
}

/**
 * The origin list under `key`, else under the keys shared with `cors` (`relay.md` § 1).
 * A key that is present but empty does not fall through.
 */
export function readAllowedOrigins(given: MiddlewareOptions, key: string): string {
  return given.raw(key, 'allow_origins', 'allowed_origins') ?? '';
}

/** What a request whose page may not connect is told; `undefined` = it may. */
export function checkOrigin(policy: OriginPolicy, { request }: Exchange): Refusal | undefined {
  const { forwarded, host, raw } = request;
  const { origin } = raw.headers;
  // O2: a peer that `real_ip` trusts may say which host the page asked for.
  for (const name of [host, forwarded?.host]) {
    if (policy.allows(origin, name, forwarded?.scheme)) return undefined;
  }
  const unheard = forwarded === undefined ? request.header('X-Forwarded-Host') : undefined;
  return {
    status: 403,
    body: 'origin is not allowed',
    detail: `${shorten(origin ?? '')} is not of host ${shorten(host)}`,
    values: { origin, host, forwardedHost: forwarded?.host ?? unheard, allowed: policy.description },
    repair: {
      option: 'allowed.origins',
      hint:
        unheard === undefined
          ? 'add the origin to this list, or let the proxy pass Host on as it came'
          : 'if a proxy of yours says forwardedHost, list real_ip in middleware, with its network in real_ip.trusted.subnets',
    },
  };
}

/** Makes the policy of a comma list; an empty list allows the same host only. */
export function createOriginPolicy(list: string): OriginPolicy {
  const matchers = splitList(list).map(toMatcher);
  return {
    isSameHostOnly: matchers.length === 0,
    description: matchers.length === 0 ? 'its own host only' : list,
    allows(origin, host, scheme = '') {
      if (origin === undefined) return true; // O1
      const parsed = parseOrigin(origin);
      if (parsed === undefined) return origin === 'null' && matchers.some((matches) => matches('null')); // O9, O11
      if (host !== undefined) {
        const own = dropDefaultPort(dropDefaultPort(host.toLowerCase(), parsed.scheme), scheme);
        if (parsed.authority === own) return true; // O2
      }
      return matchers.some((matches) => matches(parsed));
    },
  };
}

type Matcher = (origin: ParsedOrigin | 'null') => boolean;

function toMatcher(entry: string): Matcher {
  const wanted = entry.toLowerCase().replace(/\/$/, '');
  if (wanted === '*') return () => true; // O9
  if (wanted === 'null') return (origin) => origin === 'null';
  if (wanted === 'localhost') return (origin) => origin !== 'null' && origin.hostname === 'localhost'; // O10
  const split = wanted.indexOf('://');
  if (split < 0) {
    // The scheme is open, so either default port may have been dropped from the origin.
    const patterns = [...new Set([wanted, wanted.replace(/:(?:80|443)$/, '')])].map(createGlob);
    const dropped = /:(80|443)$/.exec(wanted)?.[1];
    return (origin) => {
      if (origin === 'null') return false;
      if (patterns[0]!(origin.authority)) return true;
      return (
        dropped !== undefined && dropped === DEFAULT_PORTS[origin.scheme] && patterns[1]!(origin.authority)
      );
    };
  }
  const scheme = wanted.slice(0, split);
  const pattern = createGlob(`${scheme}://${dropDefaultPort(wanted.slice(split + 3), scheme)}`);
  return (origin) => origin !== 'null' && pattern(`${origin.scheme}://${origin.authority}`); // O6
}

/** `scheme://host[:port]` and nothing after it (RFC 6454 6.2); anything else is refused. */
function parseOrigin(text: string): ParsedOrigin | undefined {
  if (text.length > ORIGIN_CHARACTERS_MAX) return undefined;
  const match = /^([a-z][a-z0-9+.-]*):\/\/((?:\[[0-9a-f:.]+\])|[^\s/?#@:[\]\\%]+)(?::(\d{1,5}))?$/i.exec(
    text,
  );
  if (match === null) return undefined;
  const scheme = match[1]!.toLowerCase();
  const hostname = match[2]!.toLowerCase();
  const port = match[3];
  if (port !== undefined && Number(port) > 65_535) return undefined;
  const authority = port === undefined ? hostname : `${hostname}:${port}`;
  return { scheme, hostname, authority: dropDefaultPort(authority, scheme) };
}

function dropDefaultPort(authority: string, scheme: string): string {
  const port = DEFAULT_PORTS[scheme];
  return port !== undefined && authority.endsWith(`:${port}`)
    ? authority.slice(0, -port.length - 1)
    : authority;
}

/**
 * O7: `*` any run without `/`, `?` one character, `[...]` a class. Walks the text once per star at most, so no
 * pattern can make an origin expensive.
 */
function createGlob(glob: string): (text: string) => boolean {
  const steps = toGlobSteps(glob);
  return (text) => {
    let at = 0;
    let step = 0;
    let star = -1;
    let starEnd = 0;
    while (at < text.length) {
      const current = steps[step];
      if (current === '*') {
        star = step++;
        starEnd = at;
      } else if (current?.(text[at]!) === true) {
        at++;
        step++;
      } else if (star >= 0 && text[starEnd] !== '/') {
        // The last star takes one character more; earlier ones need not be tried again.
        at = ++starEnd;
        step = star + 1;
      } else return false;
    }
    while (steps[step] === '*') step++;
    return step === steps.length;
  };
}

type GlobStep = '*' | ((character: string) => boolean);

function toGlobSteps(glob: string): GlobStep[] {
  const steps: GlobStep[] = [];
  for (let i = 0; i < glob.length; i++) {
    const character = glob[i]!;
    const end = character === '[' ? glob.indexOf(']', i + 2) : -1;
    // `[::1]` is an address, not a class: classes never hold a colon here.
    if (end > 0 && !glob.slice(i, end).includes(':')) {
      steps.push(toClass(glob.slice(i + 1, end)));
      i = end;
    } else if (character === '*') steps.push('*');
    else if (character === '?') steps.push((found) => found !== '/');
    else steps.push((found) => found === character);
  }
  return steps;
}

function toClass(body: string): (character: string) => boolean {
  const isNegated = body[0] === '^' || body[0] === '!';
  const members = isNegated ? body.slice(1) : body;
  return (character) => character !== '/' && isMember(members, character) !== isNegated;
}

function isMember(members: string, character: string): boolean {
  for (let i = 0; i < members.length; i++) {
    const first = members[i]!;
    const isRange = members[i + 1] === '-' && i + 2 < members.length;
    const last = isRange ? members[i + 2]! : first;
    if (character >= first && character <= last) return true;
    if (isRange) i += 2;
  }
  return false;
}
