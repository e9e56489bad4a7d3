/** `http.request()` (`http.md` 5.1). Everything textual is bytes: names and values cross as binary strings. */

import {
  type ByteAccount,
  HubError,
  MULTIPART_MEMORY_BYTES,
  type Pieces,
  REQUEST_BODY_BYTES_MAX,
  REQUEST_BODY_MS,
  toFailure,
} from '../../base/index.ts';
import {
  decodeJsonInPieces,
  defineType,
  fromHost,
  inPieces,
  nullOption,
  suspendOn,
  tableGet,
  toNumber,
} from '../../lua/index.ts';
import {
  charge,
  checkBinary,
  checkHostObject,
  checkText,
  freshHostObject,
  type HostType,
  type LuaState,
  type LuaValue,
  toNumber as numberAt,
  pushBinary,
  pushBoolean,
  pushBytes,
  pushInteger,
  pushNil,
  pushOwned,
  setField,
  typeOf,
  valueAt,
} from '../../vm/index.ts';
import { acceptsType } from '../exchange/accept.ts';
import { arrivingSource, ByteStream } from '../exchange/byte-stream.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { type Form, type FormMemory, parseForm } from '../exchange/multipart.ts';
import type { BodyLimits, NextPiece } from '../exchange/request-body.ts';
import { assertOpen, exchangeOf, withNil } from './context.ts';
import { pushForm } from './form.ts';
import { pushStream } from './stream.ts';

/** A request object: the exchange with the limits its program asked for. */
interface LuaRequest {
  readonly exchange: Exchange;
  readonly limits: BodyLimits;
}

/** `http.request(opts?)`. Numbers that make no sense mean the default. */
export function openRequest(L: LuaState): number {
  const exchange = exchangeOf(L);
  const options = typeOf(L, 1) === 'table' ? valueAt(L, 1) : undefined;
  const number = (key: string, fallback: number): number => {
    const value = toNumber(tableGet(options, key));
    return value !== undefined && value > 0 ? value : fallback;
  };
  const request: LuaRequest = {
    exchange,
    limits: {
      timeoutMs: number('timeout', REQUEST_BODY_MS),
      bytesMax: Math.min(number('max_body', REQUEST_BODY_BYTES_MAX), exchange.bodyBytesMax),
    },
  };
  pushOwned(L, freshHostObject(request, REQUEST_TYPE));
  return withNil(L);
}

/** What a field of a table that is made here costs, in instructions. */
const FIELD_COST = 12;

const REQUEST_TYPE: HostType<LuaRequest> = defineType<LuaRequest>({
  name: 'http.Request',
  tostring: ({ exchange: { request } }) => `http.Request{method=${request.method}, path=${request.path}}`,
  methods: {
    method: (L) => text(L, self(L).exchange.request.method),
    path: (L) => text(L, self(L).exchange.request.path),
    query,
    query_params: queryParams,
    header: (L) => text(L, self(L).exchange.request.header(checkText(L, 2))),
    content_type: (L) => text(L, self(L).exchange.request.header('content-type')),
    content_length: (L) => {
      pushInteger(L, self(L).exchange.request.contentLength);
      return withNil(L);
    },
    host: (L) => text(L, self(L).exchange.request.host),
    remote_addr: (L) => text(L, self(L).exchange.request.remoteAddress),
    param: (L) => text(L, routeParams(L).get(checkBinary(L, 2))),
    params: (L) => pushTextTable(L, routeParams(L)),
    has_body: (L) => flag(L, self(L).exchange.request.hasBody),
    accepts(L) {
      const accepted = self(L).exchange.request.header('accept');
      charge(accepted?.length ?? 0);
      return flag(L, acceptsType(accepted, checkBinary(L, 2)));
    },
    is_content_type: isContentType,
    body,
    body_json: bodyJson,
    stream,
    parse_multipart: parseMultipart,
  },
});

function self(L: LuaState): LuaRequest {
  const request = checkHostObject(L, 1, REQUEST_TYPE);
  assertOpen(L, request.exchange);
  return request;
}

function text(L: LuaState, value: string | undefined): number {
  if (value === undefined) pushNil(L);
  else pushBinary(L, value);
  return withNil(L);
}

function flag(L: LuaState, value: boolean): number {
  pushBoolean(L, value);
  return withNil(L);
}

function pushTextTable(L: LuaState, values: ReadonlyMap<string, string>): number {
  charge(values.size * FIELD_COST);
  // Marked as a record, so that an empty one becomes `{}` in JSON.
  pushOwned(L, fromHost({}));
  for (const [key, value] of values) {
    pushBinary(L, value);
    setField(L, -2, key);
  }
  return withNil(L);
}

function query(L: LuaState): number {
  const { request } = self(L).exchange;
  const name = checkBinary(L, 2);
  charge(request.query.length);
  return text(L, request.query.find(([key]) => key === name)?.[1]);
}

function queryParams(L: LuaState): number {
  const joined = new Map<string, string>();
  const pairs = self(L).exchange.request.query;
  charge(pairs.length * FIELD_COST);
  for (const [key, value] of pairs) {
    const known = joined.get(key);
    joined.set(key, known === undefined ? value : `${known},${value}`);
  }
  return pushTextTable(L, joined);
}

/** @throws MH_HTTP_NO_PARAMS */
function routeParams(L: LuaState): ReadonlyMap<string, string> {
  const { params } = self(L).exchange.request;
  if (params === undefined) throw new HubError('MH_HTTP_NO_PARAMS', { message: 'no route parameters found' });
  return params;
}

function isContentType(L: LuaState): number {
  const actual = self(L).exchange.request.header('content-type')?.toLowerCase();
  return flag(L, actual?.startsWith(checkBinary(L, 2).toLowerCase()) === true);
}

function body(L: LuaState): number {
  const { exchange, limits } = self(L);
  return suspendOn(L, exchange.body.readWhole(limits), (inner, bytes) => {
    pushBytes(inner, bytes);
    return withNil(inner);
  });
}

function bodyJson(L: LuaState): number {
  const { exchange, limits } = self(L);
  const nullValue = nullOption(L, 2);
  return suspendOn(L, exchange.body.readWhole(limits), (inner, bytes) => {
    return inPieces(inner, 'Request:body_json', parseJson(bytes, nullValue), (reader, value) => {
      pushOwned(reader, value);
      return withNil(reader);
    });
  });
}

/** @throws MH_HTTP_JSON_INVALID */
function* parseJson(bytes: Buffer, nullValue: LuaValue | undefined): Pieces<LuaValue> {
  try {
    return yield* decodeJsonInPieces(bytes.toString('latin1'), nullValue);
  } catch (error) {
    const fact = bytes.length === 0 ? 'the body is empty' : toFailure(error).message;
    throw new HubError('MH_HTTP_JSON_INVALID', { message: `invalid JSON: ${fact}`, cause: error });
  }
}

function stream(L: LuaState): number {
  const { exchange, limits } = self(L);
  const source = arrivingSource(exchange.body.take(limits), exchange.request.contentLength);
  pushStream(L, new ByteStream(source));
  return withNil(L);
}

function parseMultipart(L: LuaState): number {
  const { exchange, limits } = self(L);
  const asked = numberAt(L, 2);
  const memoryMax = asked !== undefined && asked > 0 ? asked : MULTIPART_MEMORY_BYTES;
  return suspendOn(L, formOf(exchange, limits, memoryMax), (inner, form) => {
    pushForm(inner, form);
    return withNil(inner);
  });
}

/** One form per request: a second call gives the same. */
function formOf(exchange: Exchange, limits: BodyLimits, memoryMax: number): Promise<Form> {
  exchange.form ??= readForm(exchange, limits, memoryMax);
  return exchange.form;
}

async function readForm(exchange: Exchange, limits: BodyLimits, memoryMax: number): Promise<Form> {
  const { body, request } = exchange;
  const pieces = body.isRead ? [await body.readWhole(limits)] : allPieces(body.take(limits));
  const memory = openFormMemory(exchange, memoryMax);
  return parseForm(pieces, request.raw.headers, memory, (release) => exchange.onClose(release));
}

/** Files of a form take disk instead of memory when memory is scarce, so reading need not stop. */
function openFormMemory(exchange: Exchange, bytesMax: number): FormMemory {
  let account: ByteAccount | undefined;
  let isScarce = false;
  return {
    bytesMax,
    get isScarce() {
      return isScarce;
    },
    changed(bytes) {
      account ??= exchange.openAccount({
        kind: 'uploads',
        reader: {
          pause: () => {
            isScarce = true;
          },
          resume: () => {
            isScarce = false;
          },
        },
      });
      account.set(account.bytes + bytes);
    },
  };
}

async function* allPieces(next: NextPiece): AsyncGenerator<Buffer> {
  for (let piece = await next(); piece !== undefined; piece = await next()) yield piece;
}
