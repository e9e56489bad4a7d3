/**
 * Payloads (`errors-and-payloads.md` § 6): a value together with the format it is written in. What a message carries
 * is one `LuaValue` per payload; a Payload a program passed whole travels as itself.
 */
import { HubError } from '../../base/index.ts';
import {
  checkHostObject,
  copyOut,
  copyValue,
  freshHostObject,
  getTop,
  type HostType,
  hostObjectOf,
  type LuaState,
  type LuaValue,
  next,
  pop,
  pushNil,
  pushOwned,
  pushText,
  raise,
  spend,
  toHostObject,
  toText,
  typeError,
  typeOf,
  where,
} from '../../vm/index.ts';
import { raising } from '../binding/argument.ts';
import { defineType } from '../binding/module.ts';
import { unitOf } from '../coroutine/context.ts';
import { errorValue, LuaError } from '../value/error-object.ts';
import { decodeFormat, encodeFormat, isPayloadFormat, type PayloadFormat } from '../value/payload-format.ts';
import { isNil } from '../value/values.ts';

/** A value in a format. Immutable, except that a decoded value is remembered. */
export class Payload {
  readonly format: PayloadFormat;
  /** The value as it is written: text or bytes as a Lua string, or for LUA and ERROR the value itself. */
  readonly content: LuaValue;
  #decoded: { readonly value: LuaValue } | undefined;

  constructor(format: PayloadFormat, content: LuaValue) {
    this.format = format;
    this.content = content;
  }

  /**
   * The Lua value; the same table each time.
   * @throws MH_LUA_PAYLOAD_INVALID when the content is not what the format says.
   */
  data(): LuaValue {
    this.#decoded ??= { value: decodeFormat(this.format, this.content) };
    return this.#decoded.value;
  }

  /** The same value in another format. @throws MH_LUA_PAYLOAD_INVALID */
  transcode(format: PayloadFormat): Payload {
    if (format === this.format) return this;
    return new Payload(format, encodeFormat(format, this.data()));
  }

  /** A payload that shares nothing mutable with this one. */
  copy(): Payload {
    return new Payload(this.format, copyValue(this.content));
  }
}

/** The Lua type of payloads. */
export const PAYLOAD_TYPE: HostType<Payload> = defineType<Payload>({
  name: 'payload',
  methods: {
    get_format(L) {
      pushText(L, checkHostObject(L, 1, PAYLOAD_TYPE).format);
      return 1;
    },
    data: pushData,
    unmarshal: pushData,
    transcode(L) {
      const payload = checkHostObject(L, 1, PAYLOAD_TYPE);
      const format = typeOf(L, 2) === 'string' ? toText(L, 2)! : typeError(L, 2, 'string');
      if (!isPayloadFormat(format)) {
        throw new HubError('MH_LUA_PAYLOAD_INVALID', {
          message: `Cannot transcode: unknown format, got '${format}'`,
          hint: 'Use one of the constants in payload.format.',
        });
      }
      pushOwned(L, freshHostObject(payload.transcode(format), PAYLOAD_TYPE));
      return 1;
    },
  },
  tostring: (payload) => `payload{format=${payload.format}}`,
  transfer: (payload) => copyValue(payload.data()),
  plain: (payload) => payload.data(),
});

function pushData(L: LuaState): number {
  pushOwned(L, checkHostObject(L, 1, PAYLOAD_TYPE).data());
  return 1;
}

/** Format of a plain value: errors have their own. */
export function formatOf(value: LuaValue): PayloadFormat {
  return hostObjectOf(value) instanceof LuaError ? 'golang/error' : 'lua/any';
}

/** A Payload as a message value, for hosts that send data in a format (`relay.md` I3). */
export function createPayload(format: PayloadFormat, content: LuaValue): LuaValue {
  return freshHostObject(new Payload(format, content), PAYLOAD_TYPE);
}

/** The Payload behind a message value: the one that was sent, or a new one around a plain value. */
export function payloadOf(value: LuaValue): Payload {
  const object = hostObjectOf(value);
  return object instanceof Payload ? object : new Payload(formatOf(value), value);
}

/** The Payload of a message value, as Lua sees it: the one that was sent, or a new one around a plain value. */
export function payloadValue(value: LuaValue): LuaValue {
  return hostObjectOf(value) instanceof Payload ? value : createPayload(formatOf(value), value);
}

/** The Lua value of a message value: a Payload is decoded. @throws MH_LUA_PAYLOAD_INVALID */
export function unwrapPayload(value: LuaValue): LuaValue {
  const object = hostObjectOf(value);
  return object instanceof Payload ? object.data() : value;
}

/**
 * As `unwrapPayload` for a receiver that has no second result to learn of a fault: content that is not what its
 * format says becomes the error object that says so (`errors-and-payloads.md` § 6.5).
 */
export function unwrapReceived(value: LuaValue): LuaValue {
  try {
    return unwrapPayload(value);
  } catch (thrown) {
    if (thrown instanceof HubError) return errorValue(thrown);
    throw thrown;
  }
}

/**
 * Copies an argument for another unit by `errors-and-payloads.md` § 5.
 * @param position of the value among the payloads, for the message.
 * @throws MH_LUA_VALUE_NOT_COPYABLE, MH_LUA_VALUE_TOO_DEEP
 */
export function copyArgument(L: LuaState, index: number, position: number): LuaValue {
  const object = toHostObject(L, index);
  if (object !== undefined) {
    if (object instanceof Payload) return freshHostObject(object.copy(), PAYLOAD_TYPE);
    if (object instanceof LuaError) return errorValue(object);
  }
  try {
    return copyOut(L, index, noteDropped);
  } catch (thrown) {
    if (!(thrown instanceof HubError)) throw thrown;
    throw new HubError(thrown.code, {
      message: `${thrown.message} (payload ${position})`,
      ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
    });
  }
}

/** `errors-and-payloads.md` § 5: silent for the program, not for who looks for it. */
function noteDropped(L: LuaState, type: string): void {
  unitOf(L).log.debug('value cannot leave its process', { type, location: where(L, 1) });
}

/** Copies the stack values from `first` to `last`. */
export function copyArguments(L: LuaState, first: number, last: number): LuaValue[] {
  const values: LuaValue[] = [];
  for (let i = first; i <= last; i++) values.push(copyArgument(L, i, i - first + 1));
  return values;
}

/** A receiver's own copy of a message value or result: a Payload stays one. */
export function copyReceived(value: LuaValue): LuaValue {
  const object = hostObjectOf(value);
  return object instanceof Payload ? freshHostObject(object.copy(), PAYLOAD_TYPE) : copyValue(value);
}

/** What a value of such a table costs beside its copy, in instructions. */
const KEYED_VALUE_COST = 30;

/** Copies a table with string keys; raises for anything else (`process.md` § 10.2). */
export function checkStringKeyed(L: LuaState, index: number): Map<string, LuaValue> {
  if (typeOf(L, index) !== 'table') typeError(L, index, 'table');
  const copy = new Map<string, LuaValue>();
  pushNil(L);
  while (next(L, index)) {
    spend(L, KEYED_VALUE_COST);
    if (typeOf(L, -2) !== 'string') raise(L, `bad argument #${index}: expected a table with string keys`);
    const value = raising(L, () => copyArgument(L, getTop(L), 1));
    // What does not travel, such as a channel, leaves no key behind (`errors-and-payloads.md` § 5.1).
    if (!isNil(value)) copy.set(toText(L, -2)!, value);
    pop(L, 1);
  }
  return copy;
}
