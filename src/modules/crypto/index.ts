/** `require("crypto")` (`modules.md` § 13). */
import { createHmac, pbkdf2, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { HubError } from '../../base/index.ts';
import {
  checkCanWait,
  decodeJson,
  defineModule,
  encodeJson,
  suspendOn,
  tableGet,
  unitOf,
} from '../../lua/index.ts';
import {
  checkBytes,
  checkInteger,
  checkTable,
  checkText,
  copyValue,
  getTop,
  type HostFunction,
  type LuaState,
  makeNil,
  optBytes,
  optText,
  pushBoolean,
  pushBytes,
  pushOwned,
  pushText,
  spend,
  tableSetField,
  toBoolean,
  typeOf,
  valueAt,
} from '../../vm/index.ts';
import { type CipherName, decrypt, encrypt } from './cipher.ts';
import {
  isJwtAlgorithm,
  type JwtAlgorithm,
  readCheckingKey,
  readSigningKey,
  signJwt,
  verifyJwt,
} from './jwt.ts';

const RANDOM_BYTES_MAX = 1_048_576;
const ITERATIONS_MAX = 10_000_000;
const KEY_BYTES_MAX = 1_048_576;
/** A private key of 8192 bits as PEM. */
const RSA_KEY_TEXT_MAX = 8192;
const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The `crypto` module. */
export const cryptoModule = defineModule({
  name: 'crypto',
  functions: { pbkdf2: deriveKey, constant_time_compare: compare },
  submodules: {
    random: {
      functions: {
        bytes(L) {
          pushBytes(L, randomBytes(checkRange(L, 1, 'number of bytes', RANDOM_BYTES_MAX)));
          return 1;
        },
        string: randomString,
        uuid(L) {
          pushText(L, randomUUID());
          return 1;
        },
      },
    },
    hmac: { functions: { sha256: hmac('sha256'), sha512: hmac('sha512') } },
    encrypt: { functions: { aes: sealing('aes'), chacha20: sealing('chacha20') } },
    decrypt: { functions: { aes: opening('aes'), chacha20: opening('chacha20') } },
    jwt: { functions: { encode: encodeJwt, verify: decodeJwt } },
  },
});

function randomString(L: LuaState): number {
  const length = checkRange(L, 1, 'length', RANDOM_BYTES_MAX);
  const charset = [...optText(L, 2, LETTERS_AND_DIGITS)];
  if (charset.length === 0) throw argumentInvalid('the character set is empty');
  spend(L, charset.length + length * RANDOM_CHARACTER_COST);
  let text = '';
  for (const index of randomIndices(length, charset.length)) text += charset[index];
  pushText(L, text);
  return 1;
}

/** What a random character costs, in instructions. */
const RANDOM_CHARACTER_COST = 3;

/** Random numbers below `count`, each as likely as the others. */
function* randomIndices(length: number, count: number): Iterable<number> {
  // Of 2^32 numbers the last few would make some indices likelier than others: they are passed over.
  const bound = 2 ** 32 - (2 ** 32 % count);
  for (let left = length; left > 0; ) {
    const numbers = randomBytes(4 * Math.min(left, RANDOM_NUMBERS_AT_ONCE));
    for (let at = 0; at < numbers.length; at += 4) {
      const number = numbers.readUInt32LE(at);
      if (number >= bound) continue;
      left--;
      yield number % count;
    }
  }
}

const RANDOM_NUMBERS_AT_ONCE = 1024;

/** Key first, unlike `hash.hmac_*`. */
function hmac(name: string): HostFunction {
  return (L) => {
    pushText(
      L,
      createHmac(name, checkSecret(L, 1, 'key'))
        .update(checkBytes(L, 2))
        .digest('hex'),
    );
    return 1;
  };
}

function sealing(name: CipherName): HostFunction {
  return (L) => {
    pushBytes(L, encrypt(name, checkBytes(L, 1), checkBytes(L, 2), optBytes(L, 3, undefined)));
    return 1;
  };
}

function opening(name: CipherName): HostFunction {
  return (L) => {
    pushBytes(L, decrypt(name, checkBytes(L, 1), checkBytes(L, 2), optBytes(L, 3, undefined)));
    return 1;
  };
}

/** The payload's `_header` table adds header fields and is not part of the payload. */
function encodeJwt(L: LuaState): number {
  checkTable(L, 1);
  paySignature(L, true);
  const payload = copyValue(valueAt(L, 1));
  const header = tableGet(payload, '_header');
  tableSetField(payload, '_header', makeNil());
  const algorithm = checkAlgorithm(L, 3);
  const key = readSigningKey(checkBytes(L, 2), algorithm);
  const headerJson = header === undefined ? '{}' : objectJson(encodeJson(header));
  const payloadJson = objectJson(encodeJson(payload));
  spend(L, headerJson.length + payloadJson.length);
  checkCanWait(L);
  return suspendOn(L, signJwt(headerJson, payloadJson, key, algorithm), (inner, token) => {
    pushText(inner, token);
    return 1;
  });
}

function decodeJwt(L: LuaState): number {
  paySignature(L, false);
  const token = checkText(L, 1);
  const isExpiryRequired = getTop(L) < 4 || typeOf(L, 4) === 'nil' || toBoolean(L, 4);
  const algorithm = checkAlgorithm(L, 3);
  const key = readCheckingKey(checkBytes(L, 2), algorithm);
  const nowMs = unitOf(L).runtime.clock.epochMs();
  spend(L, token.length);
  checkCanWait(L);
  return suspendOn(L, verifyJwt(token, key, algorithm, nowMs, isExpiryRequired), (inner, json) => {
    pushOwned(inner, decodeJson(Buffer.from(json, 'utf8').toString('latin1')));
    return 1;
  });
}

/** An empty Lua table is an object here. @returns Unicode text */
function objectJson(binary: string): string {
  const text = Buffer.from(binary, 'latin1').toString('utf8');
  if (text === '[]') return '{}';
  if (!text.startsWith('{')) throw argumentInvalid('expected a table with string keys, got a list');
  return text;
}

/**
 * RSA is far slower than anything else here, and slower with the length of the key: a signature of a key of 2048 bits,
 * 1,700 characters as text, takes about a millisecond and goes up with the third power; checking one with the second.
 * @throws MH_CRYPTO_ARGUMENT_INVALID for a key longer than RSA_KEY_TEXT_MAX
 */
function paySignature(L: LuaState, isMade: boolean): void {
  if (checkAlgorithm(L, 3) !== 'RS256') return;
  const { length } = checkBytes(L, 2);
  if (length > RSA_KEY_TEXT_MAX)
    throw argumentInvalid(`an RSA key has ${RSA_KEY_TEXT_MAX} characters at most, got ${length}`);
  spend(L, isMade ? Math.ceil(80_000 * (length / 1700) ** 3) : Math.ceil(4000 * (length / 450) ** 2));
}

function checkAlgorithm(L: LuaState, index: number): JwtAlgorithm {
  const algorithm = optText(L, index, 'HS256');
  if (isJwtAlgorithm(algorithm)) return algorithm;
  throw argumentInvalid(`unknown algorithm, got '${algorithm.slice(0, 64)}'`);
}

function deriveKey(L: LuaState): number {
  const password = Buffer.from(checkSecret(L, 1, 'password'));
  const salt = Buffer.from(checkSecret(L, 2, 'salt'));
  const iterations = checkRange(L, 3, 'number of iterations', ITERATIONS_MAX);
  const length = checkRange(L, 4, 'length', KEY_BYTES_MAX);
  const hash = optText(L, 5, 'sha256');
  if (hash !== 'sha256' && hash !== 'sha512') {
    throw argumentInvalid(`expected hash 'sha256' or 'sha512', got '${hash.slice(0, 64)}'`);
  }
  checkCanWait(L);
  const derived = new Promise<Buffer>((resolve, reject) => {
    pbkdf2(password, salt, iterations, length, hash, (error, key) => (error ? reject(error) : resolve(key)));
  });
  return suspendOn(L, derived, (inner, key) => {
    pushBytes(inner, key);
    return 1;
  });
}

/** Takes as long for equal as for different texts of one length. */
function compare(L: LuaState): number {
  const a = checkBytes(L, 1);
  const b = checkBytes(L, 2);
  pushBoolean(L, a.length === b.length && timingSafeEqual(a, b));
  return 1;
}

/** Bytes something is kept secret or told apart by: none would be no secret, and everybody's. */
function checkSecret(L: LuaState, index: number, name: string): Uint8Array {
  const bytes = checkBytes(L, index);
  if (bytes.length > 0) return bytes;
  throw argumentInvalid(`the ${name} is empty`);
}

function checkRange(L: LuaState, index: number, name: string, max: number): number {
  const value = checkInteger(L, index);
  if (value >= 1 && value <= max) return value;
  throw argumentInvalid(`expected a ${name} from 1 to ${max}, got ${value}`);
}

function argumentInvalid(fact: string): HubError {
  return new HubError('MH_CRYPTO_ARGUMENT_INVALID', { message: `Cannot use the argument: ${fact}` });
}
