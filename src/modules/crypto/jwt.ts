/** JSON Web Tokens (RFC 7519) in compact form, signed with HMAC or RSA. The caller fixes the algorithm. */
import { createHmac, createSign, createVerify, timingSafeEqual } from 'node:crypto';
import { HubError } from '../../base/index.ts';

/** Signature algorithms (RFC 7518 3.1). */
export type JwtAlgorithm = 'HS256' | 'HS384' | 'HS512' | 'RS256';

const HASH_OF: Readonly<Record<JwtAlgorithm, string>> = {
  HS256: 'sha256',
  HS384: 'sha384',
  HS512: 'sha512',
  RS256: 'sha256',
};

/** Whether a text names an algorithm we sign with; `none` is not one. */
export function isJwtAlgorithm(text: string): text is JwtAlgorithm {
  return Object.hasOwn(HASH_OF, text);
}

/**
 * Signs a token.
 * @param headerJson further header members as a JSON object; `alg` and `typ` are ours.
 * @param payloadJson JSON object.
 * @throws MH_CRYPTO_ARGUMENT_INVALID when the key cannot be used.
 */
export function signJwt(
  headerJson: string,
  payloadJson: string,
  key: Uint8Array,
  algorithm: JwtAlgorithm,
): string {
  const header = { ...JSON.parse(headerJson), alg: algorithm, typ: 'JWT' };
  const signed = `${toBase64Url(JSON.stringify(header))}.${toBase64Url(payloadJson)}`;
  return `${signed}.${sign(signed, key, algorithm).toString('base64url')}`;
}

/**
 * Checks a token.
 * @param nowSeconds Unix time `exp` and `nbf` are compared with.
 * @param isExpiryRequired a token without `exp` does not count.
 * @returns the payload as JSON text.
 * @throws MH_CRYPTO_FAILED, never saying which check failed.
 */
export function verifyJwt(
  token: string,
  key: Uint8Array,
  algorithm: JwtAlgorithm,
  nowSeconds: number,
  isExpiryRequired: boolean,
): string {
  const parts = token.split('.');
  if (parts.length !== 3) throw refused();
  const [headerText, payloadText, signatureText] = parts as [string, string, string];
  const header = parseObject(headerText);
  if (header.alg !== algorithm || header.crit !== undefined) throw refused();
  const signature = Buffer.from(signatureText, 'base64url');
  if (!isSigned(`${headerText}.${payloadText}`, signature, key, algorithm)) throw refused();
  const payload = parseObject(payloadText);
  if (payload.exp === undefined ? isExpiryRequired : !(Number(payload.exp) > nowSeconds)) throw refused();
  if (payload.nbf !== undefined && !(Number(payload.nbf) <= nowSeconds)) throw refused();
  return Buffer.from(payloadText, 'base64url').toString('utf8');
}

function sign(text: string, key: Uint8Array, algorithm: JwtAlgorithm): Buffer {
  const hash = HASH_OF[algorithm];
  if (algorithm !== 'RS256') return createHmac(hash, key).update(text).digest();
  try {
    return createSign(hash).update(text).sign(Buffer.from(key).toString('utf8'));
  } catch (cause) {
    throw new HubError('MH_CRYPTO_ARGUMENT_INVALID', {
      message: 'Cannot sign a token: the key is no RSA private key in PEM form',
      cause,
    });
  }
}

function isSigned(text: string, signature: Buffer, key: Uint8Array, algorithm: JwtAlgorithm): boolean {
  const hash = HASH_OF[algorithm];
  if (algorithm === 'RS256') {
    try {
      return createVerify(hash).update(text).verify(Buffer.from(key).toString('utf8'), signature);
    } catch {
      return false; // the key is no RSA key
    }
  }
  const expected = createHmac(hash, key).update(text).digest();
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // falls through: not JSON
  }
  throw refused();
}

function refused(): HubError {
  return new HubError('MH_CRYPTO_FAILED', { message: 'Cannot verify the token' });
}

function toBase64Url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}
