/**
 * What processes send to a client, as frames (`relay.md` § 8). The same in every payload mode.
 *
 * A broadcast reaches every connection as its own message with the same string in it. The encoder remembers
 * the frame of the last string, so one of many receivers pays for encoding; the others share its bytes.
 */
import { isUtf8 } from 'node:buffer';
import { HubError } from '../base/index.ts';
import {
  decodeJson,
  displayOf,
  encodeJson,
  type LuaValue,
  tableGetBinary,
  toBinary,
  toNumber,
  toText,
  unwrapPayload,
  valueType,
} from '../lua/index.ts';
import { isCloseCodeAllowed } from './websocket/close.ts';
import { encodeBinaryFrame, frameHeaderBytes, OPCODE_BINARY, OPCODE_TEXT } from './websocket/frame.ts';

/** Why a message cannot be sent (S2, S4). */
export class UnsendableMessage {
  readonly cause: string;

  constructor(cause: string) {
    this.cause = cause;
  }
}

/** A wish to close (`ws.close`). */
export interface CloseRequest {
  /** Allowed on the wire. */
  readonly code: number;
  /** For the close frame. */
  readonly reason: string;
  /** What was wrong with the request; it closes all the same (S6). */
  readonly fault: string | undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with control characters
const ASCII = /^[\x00-\x7f]*$/;

/** Makes frames; shared by the connections of one relay. */
export class FrameEncoder {
  #lastData = '';
  #lastOpcode = 0;
  #lastFrame: Buffer | undefined;

  /** A `ws.send` payload. */
  encodeSend(payload: LuaValue): Buffer | UnsendableMessage {
    const value = tryUnwrap(payload);
    if (value instanceof UnsendableMessage) return value;
    switch (valueType(value)) {
      case 'string':
        return this.#encode(OPCODE_TEXT, toBinary(value)!);
      case 'table':
        return this.#encodeTyped(value);
      default:
        return new UnsendableMessage(`ws.send takes a table or a string, got ${valueType(value)}`);
    }
  }

  /** A message of any other topic: one JSON object with its topic and payload. */
  encodeWrapped(topic: string, payload: LuaValue | undefined): Buffer | UnsendableMessage {
    const data = encodeData(payload);
    if (typeof data !== 'string') return data;
    return encodeBinaryFrame(OPCODE_TEXT, `{"topic":${jsonText(topic)},"data":${data}}`);
  }

  #encodeTyped(table: LuaValue): Buffer | UnsendableMessage {
    const type = tableGetBinary(table, 'type');
    const isBinary = toBinary(type) === 'binary';
    if (type !== undefined && !isBinary && toBinary(type) !== 'text') {
      return new UnsendableMessage("type is neither 'text' nor 'binary'");
    }
    const data = tableGetBinary(table, 'data');
    switch (data === undefined ? 'nil' : valueType(data)) {
      case 'string':
        return this.#encode(isBinary ? OPCODE_BINARY : OPCODE_TEXT, toBinary(data)!);
      case 'number':
      case 'boolean':
        return encodeBinaryFrame(isBinary ? OPCODE_BINARY : OPCODE_TEXT, displayOf(data!));
      case 'table': {
        if (isBinary) return new UnsendableMessage('data of a binary frame is a table');
        const text = tryEncodeJson(data!);
        return typeof text === 'string' ? encodeBinaryFrame(OPCODE_TEXT, text) : text;
      }
      default:
        return new UnsendableMessage(`data is missing or a ${data === undefined ? 'nil' : valueType(data)}`);
    }
  }

  #encode(opcode: number, data: string): Buffer | UnsendableMessage {
    if (opcode === this.#lastOpcode && data === this.#lastData) return this.#lastFrame!;
    const frame = encodeBinaryFrame(opcode, data);
    if (
      opcode === OPCODE_TEXT &&
      !ASCII.test(data) &&
      !isUtf8(frame.subarray(frameHeaderBytes(data.length)))
    ) {
      return new UnsendableMessage('text is not UTF-8');
    }
    this.#lastData = data;
    this.#lastOpcode = opcode;
    this.#lastFrame = frame;
    return frame;
  }
}

/** A `ws.close` payload; `undefined` = none was given. */
export function parseCloseRequest(payload: LuaValue | undefined): CloseRequest {
  const value = payload === undefined ? undefined : tryUnwrap(payload);
  if (value instanceof UnsendableMessage) return { code: 1011, reason: '', fault: value.cause };
  const type = value === undefined ? 'nil' : valueType(value);
  if (type === 'nil') return { code: 1000, reason: 'Connection closed by server', fault: undefined };
  if (type === 'table') return fromCloseTable(value!);
  if (type !== 'string')
    return { code: 1011, reason: '', fault: `ws.close takes a table or a string, got ${type}` };
  const decoded = tryDecodeObject(toBinary(value)!);
  if (decoded !== undefined && (has(decoded, 'code') || has(decoded, 'reason')))
    return fromCloseTable(decoded);
  return { code: 1000, reason: toText(value)!, fault: undefined };
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

function has(table: LuaValue, key: string): boolean {
  return tableGetBinary(table, key) !== undefined;
}

function fromCloseTable(table: LuaValue): CloseRequest {
  const given = tableGetBinary(table, 'code');
  const reasonValue = tableGetBinary(table, 'reason');
  const reasonType = reasonValue === undefined ? 'nil' : valueType(reasonValue);
  const reason =
    reasonType === 'string' ? toText(reasonValue)! : reasonType === 'number' ? displayOf(reasonValue!) : '';
  if (given === undefined) return { code: 1000, reason, fault: undefined };
  const text = toText(given);
  const code = text === undefined ? toNumber(given) : /^\d+$/.test(text) ? Number(text) : undefined;
  if (code !== undefined && isCloseCodeAllowed(code)) return { code, reason, fault: undefined };
  return { code: 1011, reason, fault: `close code is not allowed: ${text ?? code ?? valueType(given)}` };
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
  if (text !== undefined && !ASCII.test(text)) {
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

function tryEncodeJson(value: LuaValue): string | UnsendableMessage {
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
  return ASCII.test(quoted) ? quoted : Buffer.from(quoted, 'utf8').toString('latin1');
}
