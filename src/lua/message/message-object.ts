/** Messages as Lua programs see them (`process.md` § 6), and the older `pubsub` messages (§ 17). */
import type { Pid } from '../../base/index.ts';
import {
  checkHostObject,
  freshHostObject,
  type HostType,
  type LuaState,
  type LuaValue,
  newTable,
  pushNil,
  pushOwned,
  pushText,
  rawSetIndex,
  spend,
} from '../../vm/index.ts';
import { defineType } from '../binding/module.ts';
import { payloadValue } from './payload.ts';

/** One message in a program's hands. */
export class MessageObject {
  /** Sender; `undefined` when the host itself sent it. */
  readonly from: Pid | undefined;
  /** Receiver, for messages a program made with `pubsub.message.new`. */
  readonly to: string | undefined;
  readonly topic: string;
  readonly values: readonly LuaValue[];
  #payloads: readonly LuaValue[] | undefined;

  constructor(from: Pid | undefined, to: string | undefined, topic: string, values: readonly LuaValue[]) {
    this.from = from;
    this.to = to;
    this.topic = topic;
    this.values = values;
  }

  /** The payloads as Lua sees them; the same each time, so that edits of a value stay visible. */
  get payloads(): readonly LuaValue[] {
    this.#payloads ??= this.values.map(payloadValue);
    return this.#payloads;
  }
}

/** What handing out a payload costs, in instructions. */
const PAYLOAD_COST = 4;

/** The Lua type of messages. */
export const MESSAGE_TYPE: HostType<MessageObject> = defineType<MessageObject>({
  name: 'process.Message',
  methods: {
    topic: (L) => pushOptional(L, messageAt(L).topic),
    from: (L) => pushOptional(L, messageAt(L).from),
    to: (L) => pushOptional(L, messageAt(L).to),
    payload(L) {
      const { payloads } = messageAt(L);
      spend(L, payloads.length * PAYLOAD_COST);
      if (payloads.length === 0) pushNil(L);
      else if (payloads.length === 1) pushOwned(L, payloads[0]!);
      else {
        newTable(L, payloads.length);
        payloads.forEach((payload, i) => {
          pushOwned(L, payload);
          rawSetIndex(L, -2, i + 1);
        });
      }
      return 1;
    },
  },
  tostring: (message) => `process.Message{topic=${message.topic}}`,
});

/** A message as a detached value. */
export function messageValue(message: MessageObject): LuaValue {
  return freshHostObject(message, MESSAGE_TYPE);
}

function messageAt(L: LuaState): MessageObject {
  return checkHostObject(L, 1, MESSAGE_TYPE);
}

function pushOptional(L: LuaState, text: string | undefined): number {
  if (text === undefined) pushNil(L);
  else pushText(L, text);
  return 1;
}
