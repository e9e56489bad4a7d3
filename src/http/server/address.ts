/** Addresses to listen on: `:8080`, `127.0.0.1:9090`, `[::1]:80` (`http.md` 1.1). */
import { HubError } from '../../base/index.ts';

/** Where a server listens. */
export interface ListenAddress {
  /** Empty = all interfaces, both families. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

/** @throws MH_HTTP_ADDRESS_INVALID */
export function parseAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new HubError('MH_HTTP_ADDRESS_INVALID', {
      message: `Cannot listen: expected an address such as ":8080" or "127.0.0.1:8080", got '${text}'`,
    });
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

/** Writes an address the way `parseAddress` reads it. */
export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
