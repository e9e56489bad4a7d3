/**
 * What processes send to a client, on its way out: the value behind a payload, as JSON or as a command. The same
 * for frames and events (`relay.md` § 8, § 13).
 */
import { isUtf8 } from 'node:buffer';
import { HubError } from '../../base/index.ts';
import { decodeJson, encodeJson, type LuaValue, toBinary, unwrapPayload } from '../../lua/index.ts';

/** Why a message cannot be sent (S2, S4). */
export class UnsendableMessage {
  readonly cause: string;

  constructor(cause: string) {
    this.cause = cause;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with control characters
const ASCII = /^[\x00-\x7f]*$/;

/** Whether every character is ASCII, so that bytes and text are the same. */
export function isAscii(binary: string): boolean {
  return ASCII.test(binary);
}

/** JSON text of an object, as a value; `undefined` when it is anything else. */
export function tryDecodeObject(binary: string): LuaValue | undefined {
  if (!/^[ \t\r\n]*\{/.test(binary)) return undefined;
  try {
    return decodeJson(binary);
  } catch {
    return undefined;
  }
}

/** The value of a payload; a Payload object may hold text that is not what its format says. */
export function tryUnwrap(payload: LuaValue): LuaValue | UnsendableMessage {
  try {
    return unwrapPayload(payload);
  } catch (error) {
    if (error instanceof HubError) return new UnsendableMessage(error.message);
    throw error;
  }
}

/**
 * A payload as JSON; `null` when there is none (S3). S4: a string stays a string, whatever is in it, and bytes
 * that are no text become base64.
 */
export function encodeData(payload: LuaValue | undefined): string | UnsendableMessage {
  if (payload === undefined) return 'null';
  const value = tryUnwrap(payload);
  if (value instanceof UnsendableMessage) return value;
  const text = toBinary(value);
  if (text !== undefined && !isAscii(text)) {
    const bytes = Buffer.from(text, 'latin1');
    if (!isUtf8(bytes)) return `"${bytes.toString('base64')}"`;
  }
  return tryEncodeJson(value);
}

/** A control command: a table, or a string that holds a JSON object (X1); `undefined` = neither. */
export function tryReadCommand(payload: LuaValue | undefined): LuaValue | undefined {
  const value = payload === undefined ? undefined : tryUnwrap(payload);
  if (value === undefined || value instanceof UnsendableMessage) return undefined;
  const text = toBinary(value);
  return text === undefined ? value : tryDecodeObject(text);
}

/** A value as JSON in UTF-8 bytes; values without a JSON form cannot be sent (S4). */
export function tryEncodeJson(value: LuaValue): string | UnsendableMessage {
  try {
    return encodeJson(value);
  } catch (error) {
    if (error instanceof HubError) return new UnsendableMessage(error.message);
    throw error;
  }
}

/** A JSON string as UTF-8 bytes in a binary string. */
export function jsonText(text: string): string {
  const quoted = JSON.stringify(text);
  return isAscii(quoted) ? quoted : Buffer.from(quoted, 'utf8').toString('latin1');
}
