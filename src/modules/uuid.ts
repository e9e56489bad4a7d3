/** `require("uuid")` (`modules.md` § 10). */
import { randomUUID } from 'node:crypto';
import { v1, v3, v5, v7 } from 'uuid';
import { HubError } from '../base/index.ts';
import { COST, defineModule, fromHost } from '../lua/index.ts';
import {
  checkBytes,
  checkText,
  type LuaState,
  optText,
  pushBoolean,
  pushInteger,
  pushOwned,
  pushText,
  spend,
  toText,
  typeOf,
} from '../vm/index.ts';

/** The `uuid` module. */
export const uuidModule = defineModule({
  name: 'uuid',
  functions: {
    v1: (L) => pushOne(L, v1()),
    v3: (L) => pushOne(L, v3(checkBytes(L, 2), parseUuid(checkText(L, 1)))),
    v4: (L) => pushOne(L, randomUUID()),
    v5: (L) => pushOne(L, v5(checkBytes(L, 2), parseUuid(checkText(L, 1)))),
    v7: (L) => pushOne(L, v7()),
    validate(L) {
      pushBoolean(L, typeOf(L, 1) === 'string' && tryParseUuid(toText(L, 1)!) !== undefined);
      return 1;
    },
    version(L) {
      pushInteger(L, versionOf(parseUuid(checkText(L, 1))));
      return 1;
    },
    variant: (L) => pushOne(L, variantOf(parseUuid(checkText(L, 1)))),
    parse(L) {
      const bytes = parseUuid(checkText(L, 1));
      const version = versionOf(bytes);
      const fields: Record<string, string | number> = { version, variant: variantOf(bytes) };
      const timestamp = unixSeconds(bytes, version);
      if (timestamp !== undefined) fields.timestamp = timestamp;
      if (version === 1) fields.node = hex(bytes).slice(20);
      pushOwned(L, fromHost(fields));
      return 1;
    },
    format(L) {
      const bytes = parseUuid(checkText(L, 1));
      return pushOne(L, formatUuid(bytes, optText(L, 2, 'standard')));
    },
  },
});

function pushOne(L: LuaState, text: string): number {
  spend(L, COST.uuid);
  pushText(L, text);
  return 1;
}

const STANDARD = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;

/** Reads the standard form, the same in braces or as URN, and 32 digits without dashes. */
function tryParseUuid(text: string): Buffer | undefined {
  if (text.length > 45) return undefined;
  const bare = text.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/, '$1');
  const isUuid = STANDARD.test(bare) || /^[0-9a-f]{32}$/i.test(text);
  return isUuid ? Buffer.from(bare.replaceAll('-', ''), 'hex') : undefined;
}

function parseUuid(text: string): Buffer {
  const bytes = tryParseUuid(text);
  if (bytes === undefined) throw uuidInvalid(`Cannot read as a UUID: got '${text.slice(0, 64)}'`);
  return bytes;
}

function versionOf(bytes: Buffer): number {
  return bytes[6]! >> 4;
}

function variantOf(bytes: Buffer): string {
  const bits = bytes[8]!;
  if (bits < 0x80) return 'NCS';
  if (bits < 0xc0) return 'RFC4122';
  return bits < 0xe0 ? 'Microsoft' : 'Future';
}

/** 100 ns steps between the start of the Gregorian calendar (RFC 9562 5.1) and the Unix epoch. */
const GREGORIAN_STEPS = 122_192_928_000_000_000n;

function unixSeconds(bytes: Buffer, version: number): number | undefined {
  if (version === 7) return Math.floor(bytes.readUIntBE(0, 6) / 1000);
  if (version !== 1) return undefined;
  const steps =
    (BigInt(bytes.readUInt16BE(6) & 0x0fff) << 48n) |
    (BigInt(bytes.readUInt16BE(4)) << 32n) |
    BigInt(bytes.readUInt32BE(0));
  return Number((steps - GREGORIAN_STEPS) / 10_000_000n);
}

function formatUuid(bytes: Buffer, form: string): string {
  const digits = hex(bytes);
  if (form === 'simple') return digits;
  const standard = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  if (form === 'standard') return standard;
  if (form === 'urn') return `urn:uuid:${standard}`;
  throw uuidInvalid(
    `Cannot format a UUID: expected 'standard', 'simple' or 'urn', got '${form.slice(0, 64)}'`,
  );
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex');
}

function uuidInvalid(message: string): HubError {
  return new HubError('MH_UUID_INVALID', { message });
}
