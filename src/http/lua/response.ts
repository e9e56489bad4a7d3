/** `http.response()` (`http.md` 5.2, 5.5). Methods give nil, or one error; they do not chain. */
import { HubError, toFailure } from '../../base/index.ts';
import {
  checkCanWait,
  defineType,
  encodeJson,
  isNil,
  type LuaValue,
  pushError,
  suspend,
  tableGet,
  toBinary,
  toInteger,
} from '../../lua/index.ts';
import {
  argumentError,
  toBinary as binaryAt,
  checkBinary,
  checkBytes,
  checkHostObject,
  checkNumber,
  checkTable,
  freshHostObject,
  getTop,
  type HostType,
  type LuaState,
  pop,
  pushBinary,
  pushNil,
  pushOwned,
  rawGetIndex,
  rawLength,
  spend,
  typeOf,
  valueAt,
} from '../../vm/index.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { answering, assertOpen, exchangeOf, withNil } from './context.ts';

/** `http.response()`: however often it is called, the response is the one of the exchange. */
export function openResponse(L: LuaState): number {
  pushOwned(L, freshHostObject(exchangeOf(L), RESPONSE_TYPE));
  return withNil(L);
}

const RESPONSE_TYPE: HostType<Exchange> = defineType<Exchange>({
  name: 'http.Response',
  tostring: () => 'http.Response{}',
  methods: {
    set_status: answering('set_status', (L) => void self(L).response.setStatus(checkNumber(L, 2))),
    set_header: answering('set_header', setHeader),
    header: answering('header', header),
    set_content_type: answering(
      'set_content_type',
      (L) => void self(L).response.setHeader('Content-Type', checkBinary(L, 2)),
    ),
    set_transfer: answering('set_transfer', setTransfer),
    write: answering('write', (L) => write(L, self(L), checkBytes(L, 2))),
    write_json: answering('write_json', writeJson),
    write_event: answering('write_event', writeEvent),
    flush: answering('flush', (L) => {
      const exchange = self(L);
      assertPresent(exchange);
      checkCanWait(L);
      return awaitDrain(L, exchange, exchange.response.flush());
    }),
  },
});

function self(L: LuaState): Exchange {
  return assertOpen(L, checkHostObject(L, 1, RESPONSE_TYPE));
}

function header(L: LuaState): number | undefined {
  if (getTop(L) > 2) return setHeader(L);
  const value = self(L).response.header(checkBinary(L, 2));
  if (value === undefined) pushNil(L);
  else pushBinary(L, value);
  return 1;
}

/** What a value of a header costs, in instructions. */
const HEADER_VALUE_COST = 12;

function setHeader(L: LuaState): undefined {
  const { response } = self(L);
  const name = checkBinary(L, 2);
  if (typeOf(L, 3) !== 'table') {
    response.setHeader(name, checkBinary(L, 3));
    return;
  }
  const values: string[] = [];
  const count = rawLength(L, 3);
  spend(L, count * HEADER_VALUE_COST);
  for (let index = 1; index <= count; index++) {
    rawGetIndex(L, 3, index);
    const value = binaryAt(L, -1);
    if (value === undefined) argumentError(L, 3, 'a list of strings or numbers expected');
    values.push(value!);
    pop(L, 1);
  }
  if (values.length === 0) argumentError(L, 3, 'at least one value expected');
  response.setHeader(name, ...values);
}

function setTransfer(L: LuaState): undefined {
  const mode = checkBinary(L, 2);
  if (mode !== 'chunked' && mode !== 'sse') {
    throw new HubError('MH_HTTP_TRANSFER_INVALID', {
      message: `Cannot set transfer: expected "chunked" or "sse", got '${mode.slice(0, 40)}'`,
    });
  }
  self(L).response.setTransfer(mode);
}

function writeJson(L: LuaState): number | undefined {
  const exchange = self(L);
  const { response } = exchange;
  const bytes = Buffer.from(toJson(valueAt(L, 2)), 'latin1');
  if (!response.isCommitted && response.header('Content-Type') === undefined) {
    response.setHeader('Content-Type', 'application/json');
  }
  return write(L, exchange, bytes);
}

function writeEvent(L: LuaState): number | undefined {
  const exchange = self(L);
  const { response } = exchange;
  checkTable(L, 2);
  const wire = formatEvent(valueAt(L, 2));
  if (response.mode !== 'sse') {
    if (response.isCommitted) {
      throw new HubError('MH_HTTP_EVENT_INVALID', {
        message: 'cannot switch to SSE mode after headers are sent',
      });
    }
    response.setTransfer('sse');
  }
  return write(L, exchange, Buffer.from(wire, 'latin1'));
}

/** The wire form of `{name, data, id?, retry?}` as a binary string. */
function formatEvent(event: LuaValue): string {
  const name = toBinary(tableGet(event, 'name'));
  if (name === undefined || name === '') throw invalidEvent('field "name" is required');
  if (/[\r\n]/.test(name)) throw invalidEvent('field "name" contains a line break');
  const data = tableGet(event, 'data');
  if (data === undefined || isNil(data)) throw invalidEvent('field "data" is required');
  let wire = `event: ${name}\n`;
  const id = tableGet(event, 'id');
  if (id !== undefined) {
    const idText = toBinary(id);
    if (idText === undefined || /[\r\n\0]/.test(idText)) {
      throw invalidEvent('field "id" must be a string without line breaks');
    }
    wire += `id: ${idText}\n`;
  }
  const retry = tableGet(event, 'retry');
  if (retry !== undefined) {
    const retryMs = toInteger(retry);
    if (retryMs === undefined || retryMs < 0) throw invalidEvent('field "retry" must be milliseconds');
    wire += `retry: ${retryMs}\n`;
  }
  return `${wire}data: ${toJson(data)}\n\n`;
}

/** @throws MH_HTTP_JSON_INVALID */
function toJson(value: LuaValue): string {
  try {
    return encodeJson(value);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new HubError('MH_HTTP_JSON_INVALID', { message: toFailure(error).message, cause: error });
  }
}

function write(L: LuaState, exchange: Exchange, bytes: Uint8Array): number | undefined {
  assertPresent(exchange);
  // Where Lua cannot wait nothing is written at all, rather than queued without bound.
  if (exchange.response.wouldSend(bytes.length)) checkCanWait(L);
  return awaitDrain(L, exchange, exchange.response.write(asBuffer(bytes)));
}

/** The same bytes under Node's type. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** W3: suspends the handler while the client is slow. */
function awaitDrain(L: LuaState, exchange: Exchange, isReady: boolean): number | undefined {
  if (isReady) return undefined;
  return suspend(L, (resume) => {
    const settle = (push: (inner: LuaState) => void): void => {
      stopDrain();
      stopGone();
      resume((inner) => {
        push(inner);
        return 1;
      });
    };
    const stopDrain = exchange.response.onDrain(() => settle(pushNil));
    const stopGone = exchange.onGone(() => settle((inner) => pushError(inner, writeFailed())));
    return () => {
      stopDrain();
      stopGone();
    };
  });
}

/** W9. */
function assertPresent(exchange: Exchange): void {
  if (exchange.isGone) throw writeFailed();
}

function writeFailed(): HubError {
  return new HubError('MH_HTTP_WRITE_FAILED', { message: 'write failed: the client is gone' });
}

function invalidEvent(fact: string): HubError {
  return new HubError('MH_HTTP_EVENT_INVALID', { message: `Cannot write event: ${fact}` });
}
