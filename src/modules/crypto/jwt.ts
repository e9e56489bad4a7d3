/**
 * JSON Web Tokens (RFC 7519) in compact form, made and checked by `jose`. The caller fixes the algorithm, and a key is
 * only taken for what it is: nothing a token says about itself chooses how it is checked.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { CompactSign, jwtVerify } from 'jose';
import { HubError } from '../../base/index.ts';

/** Signature algorithms (RFC 7518 3.1); `none` is not one. */
const ALGORITHMS = ['HS256', 'HS384', 'HS512', 'RS256'] as const;

/** One of them. */
export type JwtAlgorithm = (typeof ALGORITHMS)[number];

/** Longest token that is looked at, in characters. */
const TOKEN_TEXT_MAX = 65_536;

/** RFC 7515 7.1, 2: three parts in base64url, and nothing else, or one token would have several texts. */
const COMPACT_FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Whether a text names an algorithm we sign with. */
export function isJwtAlgorithm(text: string): text is JwtAlgorithm {
  return (ALGORITHMS as readonly string[]).includes(text);
}

/** A key of an algorithm. */
export type JwtKey = Uint8Array | KeyObject;

/**
 * Reads a key that signs: bytes of a secret, or an RSA private key in PEM form.
 * @throws MH_CRYPTO_ARGUMENT_INVALID when it cannot be used with the algorithm
 */
export function readSigningKey(bytes: Uint8Array, algorithm: JwtAlgorithm): JwtKey {
  if (algorithm !== 'RS256') return readSecret(bytes);
  return readPem(() => createPrivateKey(textOf(bytes)), 'private');
}

/**
 * Reads a key that checks: bytes of a secret, or an RSA public key (or certificate, or the private key) in PEM form.
 * @throws MH_CRYPTO_ARGUMENT_INVALID for a secret that is none; MH_CRYPTO_FAILED for a text that is no RSA key
 */
export function readCheckingKey(bytes: Uint8Array, algorithm: JwtAlgorithm): JwtKey {
  if (algorithm !== 'RS256') return readSecret(bytes);
  try {
    return readPem(() => createPublicKey(textOf(bytes)), 'public');
  } catch {
    throw refused();
  }
}

/**
 * Signs a token.
 * @param headerJson further header members as a JSON object; `alg` and `typ` are ours.
 * @param payloadJson JSON object; signed as it is, so that long integers keep their digits.
 * @throws MH_CRYPTO_ARGUMENT_INVALID when the header asks for what we do not do
 */
export async function signJwt(
  headerJson: string,
  payloadJson: string,
  key: JwtKey,
  algorithm: JwtAlgorithm,
): Promise<string> {
  const header = JSON.parse(headerJson) as Record<string, unknown>;
  // RFC 7515 4.1.11, RFC 7797: extensions the receiver must understand. A JWT has none of them.
  for (const name of ['crit', 'b64']) {
    if (Object.hasOwn(header, name)) throw argumentInvalid(`a token cannot have '${name}' in its header`);
  }
  const signing = new CompactSign(Buffer.from(payloadJson, 'utf8'));
  try {
    return await signing.setProtectedHeader({ ...header, alg: algorithm, typ: 'JWT' }).sign(key);
  } catch (cause) {
    throw argumentInvalid('the token cannot be signed with this key', cause);
  }
}

/**
 * Checks a token.
 * @param nowMs Unix time `exp` and `nbf` are compared with.
 * @param isExpiryRequired a token without `exp` does not count.
 * @returns the payload as JSON text.
 * @throws MH_CRYPTO_FAILED, never saying which check failed.
 */
export async function verifyJwt(
  token: string,
  key: JwtKey,
  algorithm: JwtAlgorithm,
  nowMs: number,
  isExpiryRequired: boolean,
): Promise<string> {
  if (token.length > TOKEN_TEXT_MAX || !COMPACT_FORM.test(token)) throw refused();
  const rules = { algorithms: [algorithm], currentDate: new Date(nowMs) };
  const requiredClaims = isExpiryRequired ? ['exp'] : [];
  try {
    await jwtVerify(token, key, { ...rules, requiredClaims });
  } catch {
    throw refused();
  }
  // As text: long integers keep their digits.
  return Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8');
}

/** A key in PEM form is no secret: whoever knows the public one could sign with it (RFC 8725 2.1). */
function readSecret(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw argumentInvalid('the key is empty');
  if (/^\s*-----BEGIN /.test(textOf(bytes.subarray(0, 64))))
    throw argumentInvalid('a key in PEM form is no secret; name the algorithm RS256');
  // The program may change its string's bytes for another use meanwhile.
  return Uint8Array.from(bytes);
}

function readPem(read: () => KeyObject, noun: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch (cause) {
    throw argumentInvalid(`the key is no RSA ${noun} key in PEM form`, cause);
  }
  if (key.asymmetricKeyType === 'rsa') return key;
  throw argumentInvalid(`the key is no RSA ${noun} key in PEM form`);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

function argumentInvalid(fact: string, cause?: unknown): HubError {
  return new HubError('MH_CRYPTO_ARGUMENT_INVALID', { message: `Cannot use a token: ${fact}`, cause });
}

function refused(): HubError {
  return new HubError('MH_CRYPTO_FAILED', { message: 'Cannot verify the token' });
}
