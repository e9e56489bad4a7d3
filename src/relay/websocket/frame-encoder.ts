/**
 * What processes send to a client, as frames (`relay.md` § 8). The same in every payload mode.
 *
 * A broadcast reaches every connection as its own message with the same string in it. The encoder remembers
 * the frame of the last string, so one of many receivers pays for encoding; the others share its bytes.
 */
import { isUtf8 } from 'node:buffer';
import { displayOf, type LuaValue, tableGetBinary, toBinary, valueType } from '../../lua/index.ts';
import {
  encodeData,
  isAscii,
  jsonText,
  tryEncodeJson,
  tryUnwrap,
  UnsendableMessage,
} from '../client/outbound.ts';
import { encodeBinaryFrame, frameHeaderBytes, OPCODE_BINARY, OPCODE_TEXT } from './frame.ts';

/** Makes frames; shared by the connections of one hub. */
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
    if (opcode === OPCODE_TEXT && !isAscii(data) && !isUtf8(frame.subarray(frameHeaderBytes(data.length)))) {
      return new UnsendableMessage('text is not UTF-8');
    }
    this.#lastData = data;
    this.#lastOpcode = opcode;
    this.#lastFrame = frame;
    return frame;
  }
}
