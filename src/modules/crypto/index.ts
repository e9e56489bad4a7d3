/** `require("crypto")` (`modules.md` § 13). */
import { createHmac, pbkdf2, randomBytes, randomInt, randomUUID, timingSafeEqual } from 'node:crypto';
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
  tableSetField,
  toBoolean,
  typeOf,
  valueAt,
} from '../../vm/index.ts';
import { type CipherName, decrypt, encrypt } from './cipher.ts';
import { isJwtAlgorithm, type JwtAlgorithm, signJwt, verifyJwt } from './jwt.ts';

const RANDOM_BYTES_MAX = 1_048_576;
const ITERATIONS_MAX = 10_000_000;
const KEY_BYTES_MAX = 1_048_576;
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
  let text = '';
  for (let i = 0; i < length; i++) text += charset[randomInt(charset.length)];
  pushText(L, text);
  return 1;
}

/** Key first, unlike `hash.hmac_*`. */
function hmac(name: string): HostFunction {
  return (L) => {
    pushText(L, createHmac(name, checkBytes(L, 1)).update(checkBytes(L, 2)).digest('hex'));
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
  const payload = copyValue(valueAt(L, 1));
  const header = tableGet(payload, '_header');
  tableSetField(payload, '_header', makeNil());
  const token = signJwt(
    header === undefined ? '{}' : objectJson(encodeJson(header)),
    objectJson(encodeJson(payload)),
    checkBytes(L, 2),
    checkAlgorithm(L, 3),
  );
  pushText(L, token);
  return 1;
}

function decodeJwt(L: LuaState): number {
  const token = checkText(L, 1);
  const isExpiryRequired = getTop(L) < 4 || typeOf(L, 4) === 'nil' || toBoolean(L, 4);
  const nowSeconds = unitOf(L).runtime.clock.epochMs() / 1000;
  const json = verifyJwt(token, checkBytes(L, 2), checkAlgorithm(L, 3), nowSeconds, isExpiryRequired);
  pushOwned(L, decodeJson(Buffer.from(json, 'utf8').toString('latin1')));
  return 1;
}

/** An empty Lua table is an object here. @returns Unicode text */
function objectJson(binary: string): string {
  const text = Buffer.from(binary, 'latin1').toString('utf8');
  if (text === '[]') return '{}';
  if (!text.startsWith('{')) throw argumentInvalid('expected a table with string keys, got a list');
  return text;
}

function checkAlgorithm(L: LuaState, index: number): JwtAlgorithm {
  const algorithm = optText(L, index, 'HS256');
  if (isJwtAlgorithm(algorithm)) return algorithm;
  throw argumentInvalid(`unknown algorithm, got '${algorithm.slice(0, 64)}'`);
}

function deriveKey(L: LuaState): number {
  const password = Buffer.from(checkBytes(L, 1));
  const salt = Buffer.from(checkBytes(L, 2));
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

function checkRange(L: LuaState, index: number, name: string, max: number): number {
  const value = checkInteger(L, index);
  if (value >= 1 && value <= max) return value;
  throw argumentInvalid(`expected a ${name} from 1 to ${max}, got ${value}`);
}

function argumentInvalid(fact: string): HubError {
  return new HubError('MH_CRYPTO_ARGUMENT_INVALID', { message: `Cannot use the argument: ${fact}` });
}
