/** Hosts of addresses to listen on, and what it means when the system refuses one. */
import { HubError } from '../../base/index.ts';
import { formatAddress, type ListenAddress } from './address.ts';

/** Addresses a host stands for. */
export function hostsOf(host: string): readonly string[] {
  switch (host) {
    case '': // All interfaces: '::' is both families, machines without IPv6 refuse it.
      return ['::', '0.0.0.0'];
    case 'localhost': // RFC 6761 6.3: always the loopback addresses, whatever a resolver says.
      return ['127.0.0.1', '::1'];
    default:
      return [host];
  }
}

/** Whether a machine has no such address: it lacks IPv6, mostly. */
export function isFamilyMissing(error: unknown): boolean {
  return ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Says what the system refused: MH_HTTP_ADDRESS_TAKEN, MH_HTTP_LISTEN_FAILED. */
export function listenError(address: ListenAddress, cause: unknown): HubError {
  const place = formatAddress(address);
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new HubError('MH_HTTP_ADDRESS_TAKEN', {
      message: `Cannot listen on ${place}: the address is in use`,
      hint: 'Stop the other program, or choose another port in "addr".',
      cause,
    });
  }
  return new HubError('MH_HTTP_LISTEN_FAILED', {
    message: `Cannot listen on ${place}: ${code ?? message}`,
    cause,
  });
}
