/** What `monitor` and `events` of a scope hand out: a channel of changes, none lost (`process.md` § 18.4). */
import { EVENT_BACKLOG_MAX } from '../../base/index.ts';
import {
  BacklogChannel,
  defineType,
  type HostChannel,
  pushChannel,
  type UnitContext,
} from '../../lua/index.ts';
import {
  checkHostObject,
  getField,
  type HostType,
  type LuaValue,
  makeText,
  pop,
  pushBoolean,
  tableFromArray,
  tableFromEntries,
  toBoolean,
  typeOf,
} from '../../vm/index.ts';
import type { GroupEvent } from './group-scope.ts';
import type { OpenScope } from './scopes.ts';

/** Ends with `close`, with its program's main, or with the channel; each ends the rest. */
export class GroupSubscription {
  readonly output: HostChannel;
  readonly #unit: UnitContext;
  readonly #events: BacklogChannel<GroupEvent>;

  /** @throws MH_LUA_CALL_ENDED in the background tail of a function call */
  constructor(unit: UnitContext, { scope, monitorBuffer }: OpenScope, group: string | undefined) {
    this.#unit = unit;
    let unsubscribe = (): void => {};
    this.#events = new BacklogChannel(unit, {
      capacity: monitorBuffer,
      toValue: toTable,
      onClose: () => unsubscribe(),
    });
    this.output = this.#events.output;
    unsubscribe = scope.subscribe(group, (event) => this.#receive(event));
  }

  /** @param flush also discards what was not read yet; without it that stays readable. */
  close(flush: boolean): void {
    if (flush) {
      this.#events.discard();
      while (this.output.channel.hasValue) this.output.channel.take();
    }
    this.output.close();
  }

  #receive(event: GroupEvent): void {
    if (this.#events.offer(event)) return;
    // A gap would leave the reader with a wrong list for ever; the end of the channel tells it to start over.
    const { log, entry } = this.#unit;
    log.warn('group subscription closed', { entry: entry.id, limit: EVENT_BACKLOG_MAX });
    this.output.close();
  }
}

/** The Lua type of subscriptions. */
export const GROUP_SUBSCRIPTION: HostType<GroupSubscription> = defineType<GroupSubscription>({
  name: 'pg.Subscription',
  methods: {
    channel(L) {
      pushChannel(L, checkHostObject(L, 1, GROUP_SUBSCRIPTION).output.channel);
      return 1;
    },
    close(L) {
      const subscription = checkHostObject(L, 1, GROUP_SUBSCRIPTION);
      let flush = false;
      if (typeOf(L, 2) === 'table') {
        getField(L, 2, 'flush');
        flush = toBoolean(L, -1);
        pop(L, 1);
      }
      subscription.close(flush);
      pushBoolean(L, true);
      return 1;
    },
  },
});

/** A table of its own for each subscriber. */
function toTable({ kind, group, members }: GroupEvent): LuaValue {
  const name = makeText(group);
  const data = tableFromEntries(['Group', 'PIDs'], [name, tableFromArray(members.map(makeText))]);
  return tableFromEntries(['system', 'kind', 'path', 'data'], [makeText('pg'), makeText(kind), name, data]);
}
