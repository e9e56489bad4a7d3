/** What strangers try with tokens (RFC 8725), and what may not change by accident (`modules.md` § 13). */
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type JwtAlgorithm,
  readCheckingKey,
  readSigningKey,
  signJwt,
  verifyJwt,
} from '../../../src/modules/crypto/jwt.ts';

const NOW_MS = 1_700_000_000_000;
const NOW = NOW_MS / 1000;
const SECRET = Buffer.from('a secret of some length');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: KeyObject, type: 'spki' | 'pkcs8' | 'pkcs1'): Buffer =>
  Buffer.from(key.export({ type, format: 'pem' } as never) as unknown as string);
const PUBLIC = pem(rsa.publicKey, 'spki');
const PRIVATE = pem(rsa.privateKey, 'pkcs8');

const failed = expect.objectContaining({ code: 'MH_CRYPTO_FAILED' });
const invalid = expect.objectContaining({ code: 'MH_CRYPTO_ARGUMENT_INVALID' });

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signed by hand, with whatever header. */
function forge(header: unknown, payload: unknown, key: Uint8Array = SECRET, hash = 'sha256'): string {
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

function verify(
  token: string,
  options: { key?: Uint8Array; algorithm?: JwtAlgorithm; isExpiryRequired?: boolean } = {},
) {
  const { key = SECRET, algorithm = 'HS256', isExpiryRequired = false } = options;
  return verifyJwt(token, readCheckingKey(key, algorithm), algorithm, NOW_MS, isExpiryRequired);
}

const HS = { alg: 'HS256', typ: 'JWT' };

describe('verifyJwt()', () => {
  it('accepts what was signed as the caller says', async () => {
    expect(await verify(forge(HS, { sub: 'u' }))).toBe('{"sub":"u"}');
    expect(await verify(forge({ alg: 'HS256', kid: '../../etc/passwd', jku: 'http://evil' }, {}))).toBe('{}');
    expect(await verify(forge({ alg: 'HS512' }, {}, SECRET, 'sha512'), { algorithm: 'HS512' })).toBe('{}');
    expect(await verify(forge(HS, '{"n":12345678901234567890}'))).toBe('{"n":12345678901234567890}');
  });

  it.each<[string, string]>([
    ['alg none', `${part({ alg: 'none' })}.${part({ sub: 'u' })}.`],
    ['alg None, signed', forge({ alg: 'None' }, {})],
    ['no alg', forge({ typ: 'JWT' }, {})],
    ['alg null', forge({ alg: null }, {})],
    ['alg a list', forge({ alg: ['HS256', 'none'] }, {})],
    ['another hash', forge({ alg: 'HS512' }, {}, SECRET, 'sha512')],
    ['the right name, another hash', forge(HS, {}, SECRET, 'sha512')],
    ['an unknown critical extension', forge({ ...HS, crit: ['exp'], exp: NOW + 60 }, {})],
    ['an empty list of critical extensions', forge({ ...HS, crit: [] }, {})],
    ['a payload that is not encoded', forge({ ...HS, crit: ['b64'], b64: false }, {})],
    ['a payload that is not encoded, not critical', `${part({ ...HS, b64: false })}.${part({})}.x`],
    ['another key', forge(HS, {}, Buffer.from('other'))],
    ['an embedded key', forge({ ...HS, jwk: { kty: 'oct', k: part('mine') } }, {}, Buffer.from('mine'))],
    ['no signature', forge(HS, {}).replace(/[^.]*$/, '')],
    ['a cut signature', forge(HS, {}).slice(0, -3)],
    ['one more part', `${forge(HS, {})}.x`],
    ['an encrypted form', 'a.b.c.d.e'],
    ['a changed payload', forge(HS, { a: 1 }).replace(part({ a: 1 }), part({ a: 2 }))],
    ['a header that is no object', forge('[]', {})],
    ['a header that is no JSON', forge('{', {})],
    ['a payload that is no object', forge(HS, '[1]')],
    ['a payload that is no JSON', forge(HS, 'text')],
    ['nothing', ''],
    ['dots', '..'],
    ['other letters', `${forge(HS, {})}\n`],
    ['too long a text', forge(HS, { a: 'x'.repeat(70_000) })],
    ['expired now', forge(HS, { exp: NOW })],
    ['expiry as text', forge(HS, { exp: String(NOW + 60) })],
    ['expiry as nothing', forge(HS, { exp: null })],
    ['not yet', forge(HS, { nbf: NOW + 1 })],
    ['a start as text', forge(HS, { nbf: '0' })],
  ])('refuses, never saying why: %s', async (_, token) => {
    await expect(verify(token)).rejects.toThrow(failed);
    await expect(verify(token)).rejects.toThrow(/^Cannot verify the token$/);
  });

  it('goes by the clock it is given, and by whether a token must expire', async () => {
    expect(await verify(forge(HS, { exp: NOW + 1, nbf: NOW }), { isExpiryRequired: true })).toContain('exp');
    await expect(verify(forge(HS, {}), { isExpiryRequired: true })).rejects.toThrow(failed);
  });

  it('never takes one kind of key for another (RFC 8725 2.1, 3.1)', async () => {
    // The classic: the public key, which everybody knows, as the secret.
    const forged = forge(HS, { sub: 'admin' }, PUBLIC);
    await expect(verify(forged, { key: PUBLIC, algorithm: 'RS256' })).rejects.toThrow(failed);
    // And the program that forgets to name the algorithm.
    for (const key of [PUBLIC, PRIVATE, Buffer.concat([Buffer.from('\n'), PUBLIC])]) {
      expect(() => readCheckingKey(key, 'HS256')).toThrow(invalid);
      expect(() => readSigningKey(key, 'HS256')).toThrow(invalid);
    }
    for (const algorithm of ['HS256', 'HS384', 'HS512'] as const) {
      expect(() => readCheckingKey(new Uint8Array(0), algorithm)).toThrow(invalid);
      expect(() => readSigningKey(new Uint8Array(0), algorithm)).toThrow(invalid);
    }
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => readCheckingKey(pem(curve.publicKey, 'spki'), 'RS256')).toThrow(failed);
    expect(() => readCheckingKey(SECRET, 'RS256')).toThrow(failed);
    expect(() => readCheckingKey(new Uint8Array(0), 'RS256')).toThrow(failed);
    expect(() => readSigningKey(PUBLIC, 'RS256')).toThrow(invalid);
    expect(() => readSigningKey(pem(curve.privateKey, 'pkcs8'), 'RS256')).toThrow(invalid);
  });
});

describe('signJwt()', () => {
  it.each(['HS256', 'HS384', 'HS512'] as const)('makes what others can check: %s', async (algorithm) => {
    const hash = algorithm.replace('HS', 'sha');
    const token = await signJwt('{"kid":"1"}', '{"sub":"u"}', readSigningKey(SECRET, algorithm), algorithm);
    expect(token).toBe(forge({ kid: '1', alg: algorithm, typ: 'JWT' }, { sub: 'u' }, SECRET, hash));
  });

  it('takes RSA keys in the forms people have', async () => {
    for (const type of ['pkcs8', 'pkcs1'] as const) {
      const signing = readSigningKey(pem(rsa.privateKey, type), 'RS256');
      const token = await signJwt('{}', '{"sub":"u"}', signing, 'RS256');
      for (const key of [PUBLIC, pem(rsa.publicKey, 'pkcs1'), PRIVATE])
        expect(await verify(token, { key, algorithm: 'RS256' })).toBe('{"sub":"u"}');
    }
  });

  it.each(['{"alg":"none"}', '{"typ":"other"}'])(
    'says itself what it is, whatever the header asks for: %s',
    async (header) => {
      const token = await signJwt(header, '{}', readSigningKey(SECRET, 'HS256'), 'HS256');
      expect(JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString())).toEqual(HS);
    },
  );

  it.each(['{"crit":["b64"],"b64":false}', '{"b64":false}', '{"crit":["x"],"x":1}'])(
    'makes no token that asks for an extension: %s',
    async (header) => {
      const made = signJwt(header, '{}', readSigningKey(SECRET, 'HS256'), 'HS256');
      await expect(made).rejects.toThrow(invalid);
    },
  );

  it('does not sign with an RSA key that is too short (RFC 7518 3.3)', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const made = signJwt('{}', '{}', readSigningKey(pem(short.privateKey, 'pkcs8'), 'RS256'), 'RS256');
    await expect(made).rejects.toThrow(invalid);
  });
});
