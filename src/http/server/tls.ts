/** TLS of a server (`http.md` 1.1): certificates as PEM text, client certificates on request. */
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { HubError, toFailure } from '../../base/index.ts';
import { isMapping, type Mapping, type Value } from '../../registry/index.ts';

/** What a listener needs. */
export interface TlsSettings {
  readonly secureOptions: SecureContextOptions & {
    readonly requestCert: boolean;
    readonly rejectUnauthorized: boolean;
  };
  /** Whether a client may go on after the TLS handshake. */
  admits(socket: TLSSocket): boolean;
}

const MODES = ['', 'manual', 'auto'];
const CLIENT_AUTH = ['request', 'require_any', 'verify_if_given', 'require_and_verify'] as const;
type ClientAuth = (typeof CLIENT_AUTH)[number];

/** Reads environment variables of the older `*_env` fields; the hub plugs the real one in. */
export type EnvironmentLookup = (name: string) => string | undefined;

/**
 * Reads the `tls` mapping of a server.
 * @returns `undefined` when TLS is off.
 * @throws MH_HTTP_TLS_INVALID
 */
export function parseTls(value: Value | undefined, environment: EnvironmentLookup): TlsSettings | undefined {
  const problem = checkTls(value);
  if (problem !== undefined) throw invalid(problem);
  const fields = isMapping(value) ? value : {};
  if (text(fields, 'mode') === '') return undefined;
  const read = (name: string): string | undefined => {
    const variable = text(fields, `${name}_env`);
    if (variable === '') return text(fields, name) || undefined;
    const pem = environment(variable);
    if (pem === undefined || pem === '')
      throw invalid(`variable "${variable}" of tls.${name}_env is not set`);
    return pem;
  };
  const auth = text(fields, 'client_auth') as ClientAuth | '';
  const ca = read('client_ca');
  return {
    secureOptions: {
      cert: read('cert'),
      key: read('key'),
      ...(ca === undefined ? {} : { ca }),
      minVersion: 'TLSv1.2',
      requestCert: auth !== '',
      rejectUnauthorized: auth === 'require_and_verify',
    },
    admits: (socket) => admits(auth, socket),
  };
}

/** What is wrong with a `tls` mapping, as far as its text alone tells; `undefined` = nothing. */
export function checkTls(value: Value | undefined): string | undefined {
  const fields = isMapping(value) ? value : {};
  const has = (name: string): boolean => text(fields, name) !== '';
  const mode = text(fields, 'mode');
  if (!MODES.includes(mode)) return `invalid tls.mode: ${mode}`;
  if (mode === 'auto') return 'tls.mode auto is not supported on plain listeners';
  const named = ['cert', 'key', 'cert_env', 'key_env', 'client_auth', 'client_ca', 'client_ca_env'].filter(
    has,
  );
  if (mode === '') return named.length === 0 ? undefined : `tls.${named[0]} is set but tls.mode is empty`;
  const direct = has('cert') || has('key');
  const byName = has('cert_env') || has('key_env');
  if (direct && byName) return 'tls has both cert/key and cert_env/key_env: give one pair';
  if (!(has('cert') && has('key')) && !(has('cert_env') && has('key_env'))) {
    return 'tls.mode manual needs both cert and key';
  }
  const auth = text(fields, 'client_auth');
  if (auth !== '' && !(CLIENT_AUTH as readonly string[]).includes(auth))
    return `invalid tls.client_auth: ${auth}`;
  if (has('client_ca') && has('client_ca_env')) return 'tls has both client_ca and client_ca_env: give one';
  const hasCa = has('client_ca') || has('client_ca_env');
  if (hasCa && auth === '') return 'tls.client_ca is set but tls.client_auth is not';
  if (!hasCa && (auth === 'verify_if_given' || auth === 'require_and_verify')) {
    return `tls.client_auth ${auth} needs client_ca or client_ca_env`;
  }
  return undefined;
}

/** Whether two servers ask clients for a certificate in the same way; Node settles that once per server. */
export function asksAlike({ secureOptions: a }: TlsSettings, { secureOptions: b }: TlsSettings): boolean {
  return a.requestCert === b.requestCert && a.rejectUnauthorized === b.rejectUnauthorized;
}

/**
 * Runs what hands certificates to Node, which alone can tell whether they are any good.
 * @throws MH_HTTP_TLS_INVALID
 */
export function applyTls<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw invalid(toFailure(error).message, error);
  }
}

function admits(auth: ClientAuth | '', socket: TLSSocket): boolean {
  const given = auth !== '' && Object.keys(socket.getPeerCertificate()).length > 0;
  switch (auth) {
    case '':
    case 'request':
    case 'require_and_verify': // Node has verified it already.
      return true;
    case 'require_any':
      return given;
    case 'verify_if_given':
      return !given || socket.authorized;
  }
}

function text(fields: Mapping, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

function invalid(fact: string, cause?: unknown): HubError {
  return new HubError('MH_HTTP_TLS_INVALID', { message: `Cannot use TLS: ${fact}`, cause });
}
