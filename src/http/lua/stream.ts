/** Stream and Scanner objects (`http.md` 5.4). Everything that reads suspends the coroutine. */
import { HubError } from '../../base/index.ts';
import { defineType, fromHost, pushError, suspendOn, unitOf } from '../../lua/index.ts';
import {
  checkBytes,
  checkHostObject,
  freshHostObject,
  type HostType,
  type LuaState,
  optInteger,
  optText,
  pushBoolean,
  pushBytes,
  pushInteger,
  pushNil,
  pushOwned,
} from '../../vm/index.ts';
import type { ByteStream, SeekOrigin } from '../exchange/byte-stream.ts';
import { Scanner, SPLITS, type Split } from '../exchange/scanner.ts';

const ORIGINS: readonly string[] = ['set', 'cur', 'end'] satisfies SeekOrigin[];

/** Pushes a stream; it is closed with the unit at the latest. */
export function pushStream(L: LuaState, stream: ByteStream): void {
  unitOf(L).onClose(() => void stream.close().catch(() => {})); // Nobody is left to hear why.
  pushOwned(L, freshHostObject(stream, STREAM_TYPE));
}

const STREAM_TYPE: HostType<ByteStream> = defineType<ByteStream>({
  name: 'http.Stream',
  tostring: () => 'http.Stream{}',
  failsWithFalse: ['flush', 'close'],
  methods: {
    read,
    write,
    seek,
    flush: (L) => {
      self(L).assertOpen();
      pushBoolean(L, true);
      return 1;
    },
    close: (L) =>
      suspendOn(L, self(L).close(), (inner) => {
        pushBoolean(inner, true);
        return 1;
      }),
    stat: (L) => {
      pushOwned(L, fromHost({ ...self(L).stat() }));
      return 1;
    },
    scanner,
  },
});

const SCANNER_TYPE: HostType<Scanner> = defineType<Scanner>({
  name: 'http.Scanner',
  tostring: () => 'http.Scanner{}',
  failsWithFalse: ['scan'],
  methods: {
    scan: (L) =>
      suspendOn(L, checkHostObject(L, 1, SCANNER_TYPE).scan(), (inner, found) => {
        pushBoolean(inner, found);
        pushNil(inner);
        return 2;
      }),
    text: (L) => {
      pushBytes(L, checkHostObject(L, 1, SCANNER_TYPE).token);
      return 1;
    },
    err: (L) => {
      const { error } = checkHostObject(L, 1, SCANNER_TYPE);
      if (error === undefined) pushNil(L);
      else pushOwned(L, fromHost(error.message));
      return 1;
    },
  },
});

function self(L: LuaState): ByteStream {
  return checkHostObject(L, 1, STREAM_TYPE);
}

function read(L: LuaState): number {
  const stream = self(L);
  stream.assertOpen();
  const count = optInteger(L, 2, 0);
  if (count < 0) throw invalidArgument(`Cannot read: expected a count of at least 0, got ${count}`);
  return suspendOn(L, stream.read(count), (inner, piece) => {
    if (piece === undefined) pushNil(inner);
    else pushBytes(inner, piece);
    pushNil(inner);
    return 2;
  });
}

function write(L: LuaState): number {
  self(L).assertOpen();
  checkBytes(L, 2);
  pushInteger(L, 0);
  pushError(L, new HubError('MH_HTTP_STREAM_FAILED', { message: 'stream is not writable' }));
  return 2;
}

function seek(L: LuaState): number {
  const stream = self(L);
  const origin = optText(L, 2, 'set');
  const offset = optInteger(L, 3, 0);
  const failed = (inner: LuaState, error: HubError): number => {
    pushInteger(inner, -1);
    pushError(inner, error);
    return 2;
  };
  if (!ORIGINS.includes(origin)) {
    return failed(L, invalidArgument(`Cannot seek: expected set, cur or end, got '${origin}'`));
  }
  const settled = stream.seek(origin as SeekOrigin, offset).then(
    (position) => position,
    (error: unknown) => {
      if (error instanceof HubError) return error;
      throw error;
    },
  );
  return suspendOn(L, settled, (inner, result) => {
    if (result instanceof HubError) return failed(inner, result);
    pushInteger(inner, result);
    return 1;
  });
}

function scanner(L: LuaState): number {
  const stream = self(L);
  stream.assertOpen();
  const split = optText(L, 2, 'lines');
  if (!(SPLITS as readonly string[]).includes(split)) {
    throw invalidArgument(`Cannot scan: expected ${SPLITS.join(', ')}, got '${split}'`);
  }
  pushOwned(L, freshHostObject(new Scanner(stream, split as Split), SCANNER_TYPE));
  return 1;
}

function invalidArgument(message: string): HubError {
  return new HubError('MH_HTTP_ARGUMENT_INVALID', { message });
}
