/** `real_ip`: finds the client behind proxies that are trusted, and lets them speak for the host (`http.md` 3.4). */
import { HubError } from '../../base/index.ts';
import { isHost } from '../exchange/request-target.ts';
import type { Forwarded, RequestView } from '../exchange/request-view.ts';
import { isHeaderName } from '../exchange/response-headers.ts';
import { parseSubnets, type Subnets, tryParseIp } from './ip-address.ts';
import type { MiddlewareFactory } from './middleware.ts';
import type { MiddlewareOptions } from './middleware-options.ts';

const PRIVATE_NETWORKS =
  '127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,::1/128,fc00::/7,fe80::/10';

/** Proxies a request may have come through. Beyond: the farthest of them counts as the client. */
const PROXIES_MAX = 64;

/** Factory of `real_ip`. */
export const realIp: MiddlewareFactory = {
  name: 'real_ip',
  create({ options, log }) {
    const networkKeys = ['real_ip.trusted.subnets', 'trusted_subnets'];
    const trusted = parseSubnets(options.list(PRIVATE_NETWORKS, ...networkKeys), refuseSubnet);
    const areProxiesNamed = Boolean(options.raw(...networkKeys));
    const trustsAll = options.flag(false, 'real_ip.trust_all', 'trust_all');
    const header = readHeaderName(options);
    if (trustsAll || trusted.isEverything) {
      const option = trustsAll ? 'real_ip.trust_all' : 'real_ip.trusted.subnets';
      log.warn('real_ip believes everybody', {
        option,
        hint: 'any client can invent its address: name the networks of your proxies in real_ip.trusted.subnets',
      });
    }
    const clientOf = (request: RequestView): string | undefined => {
      // The operator says that the proxy overwrites this one; two lines of it are nobody's address.
      if (header !== undefined) return tryParseIp(request.header(header) ?? '');
      const list = request.header('X-Forwarded-For') ?? '';
      if (trustsAll) return tryParseIp(firstOf(list));
      return findClient(list, trusted, areProxiesNamed ? undefined : request.peerIp);
    };
    return {
      before({ request }) {
        if (!trustsAll && !trusted.covers(request.peerIp)) return undefined;
        request.forwarded = readForwarded(request);
        request.remoteAddress = clientOf(request) ?? request.remoteAddress;
        return undefined;
      },
    };
  },
};

/**
 * Walks `X-Forwarded-For` from the right: each proxy wrote whom it heard from behind what was there before, so an
 * address is as good as everything to the right of it. What no trusted proxy wrote the client may have invented.
 * @param peerIp given when nobody named the proxies: if the nearest one heard from its own address, that is a client on
 *   its machine, which may invent as anybody may, and no second proxy there
 * @returns the first address that is no trusted proxy; before an entry that is no address the last good one;
 *   `undefined` when there is none
 */
export function findClient(list: string, trusted: Subnets, peerIp?: string): string | undefined {
  let client: string | undefined;
  let end = list.length;
  for (let proxies = 0; end > 0 && proxies < PROXIES_MAX; ) {
    const start = list.lastIndexOf(',', end - 1) + 1;
    const entry = list.slice(start, end).trim();
    end = start - 1;
    if (entry === '') continue; // RFC 9110 5.6.1: empty elements of a list do not count.
    const ip = tryParseIp(entry);
    if (ip === undefined) break;
    client = ip;
    if (!trusted.covers(ip) || (ip === peerIp && proxies === 0)) break;
    proxies++;
  }
  return client;
}

/** What the nearest proxy says of host and scheme: the last value, those before it may come from anybody. */
function readForwarded(request: RequestView): Forwarded {
  const host = lastOf(request.header('X-Forwarded-Host') ?? '');
  const scheme = lastOf(request.header('X-Forwarded-Proto') ?? '').toLowerCase();
  return {
    host: isHost(host) ? host : undefined,
    scheme: scheme === 'http' || scheme === 'https' ? scheme : undefined,
  };
}

function firstOf(list: string): string {
  return /[^,\s][^,]*/.exec(list)?.[0].trim() ?? '';
}

function lastOf(list: string): string {
  return list.slice(list.lastIndexOf(',') + 1).trim();
}

function readHeaderName(options: MiddlewareOptions): string | undefined {
  const key = 'real_ip.header';
  const name = options.text('', key);
  if (name === '') return undefined;
  if (!isHeaderName(name)) throw options.invalid([key], name, 'the name of a header such as X-Real-IP');
  return name.toLowerCase() === 'x-forwarded-for' ? undefined : name;
}

/** A subnet that does not parse stops the load: read leniently it could only widen trust. */
function refuseSubnet(text: string): never {
  throw new HubError('MH_HTTP_OPTION_INVALID', {
    message: `Cannot use option 'real_ip.trusted.subnets': expected a subnet such as "10.0.0.0/8", got '${text}'`,
    details: { key: 'real_ip.trusted.subnets', value: text },
  });
}
