/** Formats of payloads and how a Lua value is written in each (`errors-and-payloads.md` § 6). */
import { doAtOnce, HubError, YAML_AT_ONCE_LENGTH_MAX } from '../../base/index.ts';
import { charge, type LuaValue, makeBinary, makeText } from '../../vm/index.ts';
import { decodeJson } from './json-decode.ts';
import { encodeJson } from './json-encode.ts';
import { decodeMsgpack, encodeMsgpack } from './msgpack.ts';
import {
  fromBytes,
  fromHost,
  type HostValue,
  toBinary,
  toBytes,
  toHost,
  toText,
  valueType,
} from './values.ts';
import { decodeYaml } from './yaml-decode.ts';
import { encodeYaml } from './yaml-encode.ts';

/** Names as programs see them. */
export type PayloadFormat =
  | 'lua/any'
  | 'json/plain'
  | 'yaml/plain'
  | 'text/plain'
  | 'application/octet-stream'
  | 'application/msgpack'
  | 'golang/any'
  | 'golang/error';

/** Constants of `payload.format`. */
export const PAYLOAD_FORMATS: Readonly<Record<string, PayloadFormat>> = {
  LUA: 'lua/any',
  JSON: 'json/plain',
  YAML: 'yaml/plain',
  STRING: 'text/plain',
  BYTES: 'application/octet-stream',
  MSGPACK: 'application/msgpack',
  GOLANG: 'golang/any',
  ERROR: 'golang/error',
};

/** @returns the Lua value of `content`. @throws MH_LUA_PAYLOAD_INVALID */
export function decodeFormat(format: PayloadFormat, content: LuaValue): LuaValue {
  switch (format) {
    case 'json/plain':
      return attempt('decode JSON', () => decodeJson(toBinary(content) ?? ''));
    case 'yaml/plain':
      return attempt('decode YAML', () =>
        doAtOnce(decodeYaml(toText(content) ?? '', YAML_AT_ONCE_LENGTH_MAX), charge),
      );
    case 'application/msgpack':
      return attempt('decode msgpack', () =>
        fromHost(decodeMsgpack(toBytes(content) ?? new Uint8Array()) as HostValue),
      );
    default:
      return content;
  }
}

/** @returns the content of `value` in `format`. @throws MH_LUA_PAYLOAD_INVALID */
export function encodeFormat(format: PayloadFormat, value: LuaValue): LuaValue {
  switch (format) {
    case 'lua/any':
    case 'golang/any':
      return value;
    case 'json/plain':
      return attempt('encode as JSON', () => makeBinary(encodeJson(value)));
    case 'yaml/plain':
      return attempt('encode as YAML', () => makeText(doAtOnce(encodeYaml(value), charge)));
    case 'application/msgpack':
      return attempt('encode as msgpack', () => fromBytes(encodeMsgpack(toHost(value))));
    case 'text/plain':
    case 'application/octet-stream':
      return attempt('encode as text', () => textOfValue(value));
    case 'golang/error':
      throw impossible(`Cannot transcode: only an error object has the format 'golang/error'`);
    default: {
      const unknown: never = format;
      throw impossible(`Cannot transcode: unknown format, got '${String(unknown)}'`);
    }
  }
}

function textOfValue(value: LuaValue): LuaValue {
  switch (valueType(value)) {
    case 'string':
      return value;
    case 'nil':
      return makeText('');
    case 'number':
    case 'boolean':
      return makeText(String(toHost(value)));
    case 'table':
      return makeBinary(encodeJson(value));
    default:
      throw impossible(`Cannot transcode: a ${valueType(value)} has no text`);
  }
}

function attempt(what: string, run: () => LuaValue): LuaValue {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === 'MH_LUA_PAYLOAD_INVALID') throw thrown;
    const fact = thrown instanceof Error ? thrown.message : String(thrown);
    throw impossible(`Cannot ${what}: ${fact}`);
  }
}

function impossible(message: string): HubError {
  return new HubError('MH_LUA_PAYLOAD_INVALID', { message });
}

/** Whether a text names a format. */
export function isPayloadFormat(text: string): text is PayloadFormat {
  return Object.values<string>(PAYLOAD_FORMATS).includes(text);
}
