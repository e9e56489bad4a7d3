/** `real_ip`: believes the address a trusted proxy reports (`http.md` 3.4). */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { HubError } from '../../base/index.ts';
import type { MiddlewareFactory } from './middleware.ts';

const PRIVATE_NETWORKS =
  '127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,::1/128,fc00::/7,fe80::/10';

type Subnet = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Factory of `real_ip`. */
export const realIp: MiddlewareFactory = {
  name: 'real_ip',
  create({ options }) {
    const subnets = options
      .list(PRIVATE_NETWORKS, 'real_ip.trusted.subnets', 'trusted_subnets')
      .map(parseSubnet);
    const trustsAll = options.flag(false, 'real_ip.trust_all', 'trust_all');
    return {
      before({ request }) {
        if (!trustsAll && !isInside(request.peerIp, subnets)) return undefined;
        const forwarded = request.header('X-Forwarded-For')?.split(',')[0];
        const reported = [request.header('True-Client-IP'), request.header('X-Real-IP'), forwarded];
        const first = reported.map((text) => text?.trim()).find((text) => text);
        if (first !== undefined && isIP(first) !== 0) request.remoteAddress = first;
        return undefined;
      },
    };
  },
};

function isInside(ip: string, subnets: readonly Subnet[]): boolean {
  if (!ipaddr.isValid(ip)) return false;
  const address = ipaddr.process(ip);
  return subnets.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits));
}

/** A subnet that does not parse stops the load: read leniently it could only widen trust. */
function parseSubnet(text: string): Subnet {
  try {
    const [address] = text.split('/');
    // `10.1` and `0x7f.1` are addresses to some parsers; only plain ones are accepted here.
    if (isIP(address!) !== 0) return ipaddr.parseCIDR(text);
  } catch {
    // Reported below, with the same words as an address that is none.
  }
  throw new HubError('MH_HTTP_OPTION_INVALID', {
    message: `Cannot use option 'real_ip.trusted.subnets': expected a subnet such as "10.0.0.0/8", got '${text}'`,
    details: { key: 'real_ip.trusted.subnets', value: text },
  });
}
