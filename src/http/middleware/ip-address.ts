/** IP addresses as proxies write them, and the subnets they lie in. The only file that imports `ipaddr.js`. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An IP in the one way it is written here: IPv4 where it is one, no zone, RFC 5952 for IPv6. */
export type IpText = string;

/** Some networks; `covers` is false for what is no IP, e.g. the peer of a Unix socket. */
export interface Subnets {
  covers(ip: string): boolean;
  /** They cover every IPv4 or every IPv6 address there is. */
  readonly isEverything: boolean;
}

/** The longest spelling of an IP with brackets, port and zone. Beyond: it is none. */
const TEXT_LENGTH_MAX = 100;

/**
 * Reads an address as it stands in forwarding headers: `1.2.3.4`, `1.2.3.4:5678`, `::1`, `[::1]`, `[::1]:80`. An IPv4
 * address mapped into IPv6 is the IPv4 address, a zone such as `%eth0` says nothing outside its machine and is dropped.
 * @returns `undefined` when it is no address: a name, `unknown`, `unix:`, an obfuscated word
 */
export function tryParseIp(text: string): IpText | undefined {
  const bare = withoutPort(text.slice(0, TEXT_LENGTH_MAX + 1).trim()).replace(/%.*$/, '');
  // `10.1` and `0x7f.1` are addresses to some parsers; only plain ones are here.
  if (text.length > TEXT_LENGTH_MAX || isIP(bare) === 0) return undefined;
  return ipaddr.process(bare).toString();
}

/** @returns `undefined` when one of the texts is no CIDR such as `10.0.0.0/8`; `onWrong` is told which. */
export function parseSubnets(texts: readonly string[], onWrong: (text: string) => never): Subnets {
  const subnets = texts.map((text) => tryParseSubnet(text) ?? onWrong(text));
  return {
    covers(ip) {
      if (isIP(ip) === 0) return false;
      const address = ipaddr.process(ip);
      return subnets.some(
        ([network, bits]) => address.kind() === network.kind() && address.match(network, bits),
      );
    },
    isEverything: subnets.some(([, bits]) => bits === 0),
  };
}

function tryParseSubnet(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  const [address] = text.split('/');
  if (isIP(address!) === 0) return undefined;
  try {
    return ipaddr.parseCIDR(text);
  } catch {
    return undefined;
  }
}

/** `1.2.3.4:5678` and `[::1]:80` lose their port, `[::1]` its brackets. */
function withoutPort(text: string): string {
  const match = /^(?:\[([^\]]*)\](?::\d{1,5})?|([^:]+):\d{1,5})$/.exec(text);
  return match?.[1] ?? match?.[2] ?? text;
}
