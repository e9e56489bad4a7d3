/**
 * What a target receives from a connection, in the three payload modes (`relay.md` § 5). Every call makes a
 * fresh value, because the target owns what it receives (I8).
 */
import {
  copyValue,
  createPayload,
  encodeJson,
  type LuaValue,
  makeBinary,
  makeInteger,
  makeTable,
  makeText,
  tableFromEntries,
} from '../../lua/index.ts';
import { jsonText } from './outbound.ts';

/** How client frames reach the target (`relay.md` § 5). */
export type PayloadMode = 'table' | 'json' | 'raw';

/** A table is some times as large as its JSON. */
const TABLE_BYTES_PER_JSON_BYTE = 4;

/** Makes the payloads of one connection. */
export class InboundPayloads {
  readonly #mode: PayloadMode;
  readonly #pid: string;
  readonly #pidValue: LuaValue;
  #metadata: LuaValue | undefined;
  #metadataBytes = 0;
  /** The metadata member for JSON payloads, with its comma; nothing when it is empty (I2). Encoded once. */
  #metadataMember = '';

  constructor(mode: PayloadMode, pid: string) {
    this.#mode = mode;
    this.#pid = pid;
    this.#pidValue = makeText(pid);
  }

  /** Replaces what goes with every message; `undefined` = the empty object. The value is ours from here on. */
  setMetadata(metadata: LuaValue | undefined): void {
    this.#metadata = metadata;
    this.#metadataMember = metadata === undefined ? '' : this.#member('metadata', encodeJson(metadata));
    this.#metadataBytes =
      this.#mode === 'table' ? this.#metadataMember.length * TABLE_BYTES_PER_JSON_BYTE : 0;
  }

  /** Memory the metadata of one message takes, about: in `table` mode every message has a copy of its own. */
  get metadataBytes(): number {
    return this.#metadataBytes;
  }

  join(): LuaValue {
    if (this.#mode === 'table') return this.#table([], []);
    return this.#json(this.#metadataMember);
  }

  /** A frame; `data` is copied. */
  message(data: Buffer, isBinary: boolean): LuaValue {
    const bytes = makeBinary(data.toString('latin1'));
    if (this.#mode !== 'table') {
      return createPayload(isBinary ? 'application/octet-stream' : 'text/plain', bytes); // I3
    }
    const type = makeBinary(isBinary ? 'binary' : 'text');
    return tableFromEntries(MESSAGE_KEYS, [this.#pidValue, type, bytes, this.#copyMetadata()]);
  }

  heartbeat(uptime: string, messageCount: number): LuaValue {
    if (this.#mode === 'table') {
      return this.#table(['uptime', 'message_count'], [makeText(uptime), makeInteger(messageCount)]);
    }
    const members =
      this.#member('uptime', jsonText(uptime)) + this.#member('message_count', String(messageCount));
    return this.#json(members + this.#metadataMember);
  }

  /** `code` is absent for a transfer. */
  leave(reason: string, code: number | undefined): LuaValue {
    if (this.#mode === 'table') {
      if (code === undefined) return this.#table(['reason'], [makeText(reason)]);
      return this.#table(['reason', 'code'], [makeText(reason), makeInteger(code)]);
    }
    const codeMember = code === undefined ? '' : this.#member('code', String(code));
    return this.#json(this.#metadataMember + this.#member('reason', jsonText(reason)) + codeMember);
  }

  #table(keys: readonly string[], values: readonly LuaValue[]): LuaValue {
    return tableFromEntries(
      ['client_pid', ...keys, 'metadata'],
      [this.#pidValue, ...values, this.#copyMetadata()],
    );
  }

  /** A control payload of `json` and `raw` mode: the first is a string for its reader, the second a table (I1, I3). */
  #json(members: string): LuaValue {
    const text = `{"${this.#key('client_pid')}":${jsonText(this.#pid)}${members}}`;
    return createPayload(this.#mode === 'raw' ? 'json/plain' : 'text/plain', makeBinary(text));
  }

  #member(field: keyof typeof JSON_MODE_KEYS, json: string): string {
    return `,"${this.#key(field)}":${json}`;
  }

  #key(field: keyof typeof JSON_MODE_KEYS): string {
    return this.#mode === 'json' ? JSON_MODE_KEYS[field] : field;
  }

  #copyMetadata(): LuaValue {
    return this.#metadata === undefined ? makeTable() : copyValue(this.#metadata);
  }
}

/** Spelling of document 004. */
const JSON_MODE_KEYS = {
  client_pid: 'ClientPID',
  metadata: 'Metadata',
  uptime: 'Uptime',
  message_count: 'MessageCount',
  reason: 'Reason',
  code: 'Code',
} as const;

const MESSAGE_KEYS = ['client_pid', 'type', 'data', 'metadata'] as const;
