/**
 * What a target receives from a connection, in the three payload modes (`relay.md` § 5). Every call makes a
 * fresh value, because the target owns what it receives (I8).
 */
import {
  copyValue,
  createPayload,
  encodeJson,
  fromHost,
  type LuaValue,
  makeBinary,
  makeInteger,
  makeTable,
  makeText,
  tableFromEntries,
} from '../lua/index.ts';
import type { PayloadMode } from './options.ts';
import { jsonText } from './outbound.ts';

/** Makes the payloads of one connection. */
export class InboundPayloads {
  readonly #mode: PayloadMode;
  readonly #pid: string;
  readonly #pidValue: LuaValue;
  #metadata: LuaValue | undefined;
  /** `,"Metadata":{..}` or nothing (I2), encoded once. */
  #metadataJson = '';

  constructor(mode: PayloadMode, pid: string) {
    this.#mode = mode;
    this.#pid = jsonText(pid);
    this.#pidValue = makeText(pid);
  }

  /** Replaces what goes with every message; `undefined` = the empty object. The value is ours from here on. */
  setMetadata(metadata: LuaValue | undefined): void {
    this.#metadata = metadata;
    this.#metadataJson = metadata === undefined ? '' : `,"Metadata":${encodeJson(metadata)}`;
  }

  join(): LuaValue {
    if (this.#mode === 'json') return this.#json(this.#metadataJson);
    return this.#control([], []);
  }

  /** A frame; `data` is copied. */
  message(data: Buffer, isBinary: boolean): LuaValue {
    const bytes = makeBinary(data.toString('latin1'));
    if (this.#mode !== 'table')
      return createPayload(isBinary ? 'application/octet-stream' : 'text/plain', bytes);
    return tableFromEntries(MESSAGE_KEYS, [
      this.#pidValue,
      isBinary ? BINARY : TEXT,
      bytes,
      this.#copyMetadata(),
    ]);
  }

  heartbeat(uptime: string, messageCount: number): LuaValue {
    if (this.#mode === 'json') {
      return this.#json(`,"Uptime":${jsonText(uptime)},"MessageCount":${messageCount}${this.#metadataJson}`);
    }
    return this.#control(['uptime', 'message_count'], [makeText(uptime), makeInteger(messageCount)]);
  }

  /** `code` is absent for a transfer. */
  leave(reason: string, code: number | undefined): LuaValue {
    if (this.#mode === 'json') {
      const codeJson = code === undefined ? '' : `,"Code":${code}`;
      return this.#json(`${this.#metadataJson},"Reason":${jsonText(reason)}${codeJson}`);
    }
    if (code === undefined) return this.#control(['reason'], [makeText(reason)]);
    return this.#control(['reason', 'code'], [makeText(reason), makeInteger(code)]);
  }

  #json(members: string): LuaValue {
    return createPayload('text/plain', makeBinary(`{"ClientPID":${this.#pid}${members}}`));
  }

  /** A control payload of `table` and `raw` mode; they differ in the format tag and the empty metadata (I2, I3). */
  #control(keys: readonly string[], values: readonly LuaValue[]): LuaValue {
    const hasMetadata = this.#metadata !== undefined || this.#mode === 'table';
    const table = tableFromEntries(
      ['client_pid', ...keys, ...(hasMetadata ? ['metadata'] : [])],
      [this.#pidValue, ...values, ...(hasMetadata ? [this.#copyMetadata()] : [])],
    );
    return this.#mode === 'raw' ? createPayload('json/plain', table) : table;
  }

  #copyMetadata(): LuaValue {
    return this.#metadata === undefined ? makeTable() : copyValue(this.#metadata);
  }
}

const MESSAGE_KEYS = ['client_pid', 'type', 'data', 'metadata'] as const;
const TEXT = fromHost('text');
const BINARY = fromHost('binary');
