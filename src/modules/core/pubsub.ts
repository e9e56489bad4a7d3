/** The older `pubsub` module and the globals `subscribe` and `unsubscribe` (`process.md` § 17). */

import { HubError, type Pid } from '../../base/index.ts';
import {
  CHANNEL_TYPE,
  COST,
  checkTopic,
  copyArguments,
  copyReceived,
  defineModule,
  type LuaModule,
  MessageObject,
  mailOf,
  messageValue,
  unitOf,
} from '../../lua/index.ts';
import {
  checkHostObject,
  checkText,
  getTop,
  type HostFunction,
  pushBoolean,
  pushOwned,
  pushValue,
  spend,
  toHostObject,
  toText,
  typeError,
  typeOf,
} from '../../vm/index.ts';
import { unlisten } from './process.ts';

const subscribe: HostFunction = (L) => {
  const topic = checkText(L, 1);
  const channel = checkHostObject(L, 2, CHANNEL_TYPE);
  checkTopic('subscribe to', topic);
  const unit = unitOf(L);
  mailOf(unit).subscribe(topic, channel);
  pushValue(L, 2);
  return 1;
};

/** Global and `require("pubsub")`. */
export const pubsubModule: LuaModule = defineModule({
  name: 'pubsub',
  isGlobal: true,
  reach: { send: 'acts' },
  functions: {
    subscribe,
    unsubscribe: unlisten,
    send(L) {
      const message = toHostObject(L, 1);
      if (!(message instanceof MessageObject) || message.to === undefined) {
        throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
          message: 'Cannot send: expected a message made with pubsub.message.new',
        });
      }
      const unit = unitOf(L);
      if (message.from !== unit.context.pid) {
        throw new HubError('MH_LUA_SENDER_FOREIGN', {
          message: `Cannot send for another process, got a message from '${message.from}'`,
          hint: 'Use process.pid() or nil as the sender.',
        });
      }
      spend(L, COST.message);
      // The receiver owns what it gets; the message stays and may be sent again.
      unit.runtime.system.send(message.from, message.to, message.topic, message.values.map(copyReceived));
      pushBoolean(L, true);
      return 1;
    },
  },
  submodules: {
    message: {
      functions: {
        new(L) {
          if (typeOf(L, 1) !== 'nil' && typeOf(L, 1) !== 'string') typeError(L, 1, 'string');
          const from = (toText(L, 1) ?? unitOf(L).context.pid) as Pid;
          const to = checkText(L, 2);
          const topic = checkText(L, 3);
          if (to === '') {
            throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
              message: 'Cannot make a message: expected a PID or name to send to, got an empty string',
            });
          }
          checkTopic('send to', topic);
          const values = copyArguments(L, 4, getTop(L));
          pushOwned(L, messageValue(new MessageObject(from, to, topic, values)));
          return 1;
        },
      },
    },
  },
  globals: { subscribe, unsubscribe: unlisten },
});
