/** `require("events")` (`concurrency.md` § 10, `modules.md` § 3): the Lua face of the event bus. */
import { EVENT_BUFFER_MAX, EVENT_NAME_LENGTH_MAX, EVENT_SUBSCRIPTIONS_MAX, HubError } from '../base/index.ts';
import {
  BacklogChannel,
  copyArgument,
  defineModule,
  defineType,
  type EventBus,
  eventTable,
  type HostChannel,
  LossLog,
  type LuaModule,
  pushChannel,
  requirePermission,
  type SentEvent,
  type UnitContext,
  unitOf,
  unwrapPayload,
} from '../lua/index.ts';
import {
  checkHostObject,
  checkText,
  type HostType,
  type LuaState,
  optText,
  pushBoolean,
  pushHostObject,
  typeOf,
} from '../vm/index.ts';

/** In this module a refusal is INVALID (`modules.md` § 0.8). */
const DENIED_AS = { kind: 'Invalid' } as const;

/** Makes the `events` module around a bus. */
export function createEventsModule(bus: EventBus): LuaModule {
  return defineModule({
    name: 'events',
    reach: { subscribe: 'reads', send: 'acts' },
    functions: {
      subscribe(L) {
        const system = checkNamed(L, 1, 'system');
        const kind = optText(L, 2, '');
        requirePermission(L, 'events.subscribe', system, DENIED_AS);
        pushHostObject(L, new Subscription(bus, unitOf(L), system, kind), SUBSCRIPTION);
        return 1;
      },
      send(L) {
        const system = checkNamed(L, 1, 'system');
        const kind = checkNamed(L, 2, 'kind');
        const path = checkNamed(L, 3, 'path');
        if (system.length > EVENT_NAME_LENGTH_MAX || kind.length > EVENT_NAME_LENGTH_MAX)
          throw argumentInvalid(`system and kind have ${EVENT_NAME_LENGTH_MAX} characters at most`);
        requirePermission(L, 'events.send', system, DENIED_AS);
        const type = typeOf(L, 4);
        const data = type === 'nil' || type === 'none' ? undefined : unwrapPayload(copyArgument(L, 4, 1));
        bus.send({ system, kind, path, data });
        pushBoolean(L, true);
        return 1;
      },
    },
  });
}

/** What one program asked to see. Ends with `close`, with its program's main, or with the channel; each ends the rest. */
class Subscription {
  readonly output: HostChannel;

  constructor(bus: EventBus, unit: UnitContext, system: string, kind: string) {
    const open = unit.local(Subscription, () => ({ count: 0 }));
    if (open.count >= EVENT_SUBSCRIPTIONS_MAX) {
      throw new HubError('MH_EVENTS_FULL', {
        message: `Cannot subscribe to '${system}': a program has ${EVENT_SUBSCRIPTIONS_MAX} event subscriptions at most`,
        hint: 'Subscribe to a pattern, or close subscriptions that are done.',
      });
    }
    const fields = { entry: unit.entry.id, system, kind };
    const lost = new LossLog(unit.runtime.clock, unit.log, 'event backlog full', fields);
    let unsubscribe = (): void => {};
    const events = new BacklogChannel<SentEvent>(unit, {
      capacity: EVENT_BUFFER_MAX,
      toValue: eventTable,
      onClose: () => {
        open.count--;
        unsubscribe();
        events.discard();
      },
    });
    this.output = events.output;
    open.count++;
    const receive = (event: SentEvent): void => {
      if (!events.offer(event, event.bytes)) lost.count();
    };
    unsubscribe = bus.subscribe(system, kind, receive, lost);
  }
}

const SUBSCRIPTION: HostType<Subscription> = defineType<Subscription>({
  name: 'Subscription',
  methods: {
    channel(L) {
      pushChannel(L, checkHostObject(L, 1, SUBSCRIPTION).output.channel);
      return 1;
    },
    close(L) {
      checkHostObject(L, 1, SUBSCRIPTION).output.close();
      pushBoolean(L, true);
      return 1;
    },
  },
});

function checkNamed(L: LuaState, index: number, name: string): string {
  const text = checkText(L, index);
  if (text !== '') return text;
  throw argumentInvalid(`${name} is empty`);
}

function argumentInvalid(fact: string): HubError {
  return new HubError('MH_EVENTS_ARGUMENT_INVALID', { message: `Cannot use the event bus: ${fact}` });
}

/** The `events` module over the bus of a hub. */
export const eventsExtension = {
  name: 'events',
  open: ({ unstable }: { readonly unstable: { readonly bus: EventBus } }) => ({
    unstable_bindings: [createEventsModule(unstable.bus)],
  }),
};
