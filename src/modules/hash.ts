/** `require("hash")` (`modules.md` § 12). */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { HubError } from '../base/index.ts';
import { defineModule } from '../lua/index.ts';
import {
  type HostFunction,
  type LuaState,
  pushBytes,
  pushInteger,
  pushText,
  spend,
  toBoolean,
  toBytes,
  typeOf,
} from '../vm/index.ts';

const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha512'] as const;

/** The `hash` module. */
export const hashModule = defineModule({
  name: 'hash',
  functions: {
    ...Object.fromEntries(ALGORITHMS.map((name) => [name, digest(name)])),
    ...Object.fromEntries(ALGORITHMS.map((name) => [`hmac_${name}`, keyedDigest(name)])),
    fnv32(L) {
      pushInteger(L, fnv32(checkData(L, 1, 'data')));
      return 1;
    },
    fnv64(L) {
      const data = checkData(L, 1, 'data');
      spend(L, data.length * FNV64_STEPS_PER_BYTE);
      pushInteger(L, BigInt.asIntN(64, fnv64(data)));
      return 1;
    },
  },
});

function digest(name: string): HostFunction {
  return (L) => push(L, createHash(name).update(checkData(L, 1, 'data')), 2);
}

function keyedDigest(name: string): HostFunction {
  return (L) => {
    const data = checkData(L, 1, 'data');
    const secret = checkData(L, 2, 'secret');
    if (secret.length > 0) return push(L, createHmac(name, secret).update(data), 3);
    throw new HubError('MH_HASH_ARGUMENT_INVALID', { message: 'Cannot sign: the secret is empty' });
  };
}

/** Hexadecimal text, or bytes when the argument at `rawIndex` is true. */
function push(L: LuaState, hash: Hash | Hmac, rawIndex: number): number {
  if (toBoolean(L, rawIndex)) pushBytes(L, hash.digest());
  else pushText(L, hash.digest('hex'));
  return 1;
}

/** FNV-1: multiply, then mix in the byte. */
function fnv32(data: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of data) hash = Math.imul(hash, 0x01000193) ^ byte;
  return hash >>> 0;
}

/** Instructions a step in 64 bits counts for, beside the byte itself. */
const FNV64_STEPS_PER_BYTE = 4;

function fnv64(data: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of data) hash = BigInt.asUintN(64, hash * 0x100000001b3n) ^ BigInt(byte);
  return hash;
}

function checkData(L: LuaState, index: number, name: string): Uint8Array {
  if (typeOf(L, index) === 'string') {
    const data = toBytes(L, index)!;
    spend(L, data.length);
    return data;
  }
  throw new HubError('MH_HASH_ARGUMENT_INVALID', {
    message: `Cannot hash: expected ${name} as a string, got ${typeOf(L, index)}`,
  });
}
