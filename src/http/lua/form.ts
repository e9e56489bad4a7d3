/** Decoded multipart forms as Lua sees them (`http.md` 5.3). */
import { defineType, suspendOn } from '../../lua/index.ts';
import {
  checkHostObject,
  checkText,
  freshHostObject,
  type HostType,
  type LuaState,
  newTable,
  pushBytes,
  pushInteger,
  pushNil,
  pushOwned,
  pushText,
  rawSetIndex,
  setField,
} from '../../vm/index.ts';
import type { Form, FormFile } from '../exchange/multipart.ts';
import { withNil } from './context.ts';
import { pushStream } from './stream.ts';

/** Pushes `{ values = ..., files = ... }`. */
export function pushForm(L: LuaState, form: Form): void {
  newTable(L);
  newTable(L);
  for (const [name, values] of form.values) {
    // One value is a string, repeated ones are an array.
    if (values.length === 1) pushBytes(L, values[0]!);
    else pushList(L, values, pushBytes);
    setField(L, -2, binaryKey(name));
  }
  setField(L, -2, 'values');
  newTable(L);
  for (const [name, files] of form.files) {
    pushList(L, files, (inner, file) => pushOwned(inner, freshHostObject(file, FILE_TYPE)));
    setField(L, -2, binaryKey(name));
  }
  setField(L, -2, 'files');
}

const FILE_TYPE: HostType<FormFile> = defineType<FormFile>({
  name: 'http.File',
  tostring: ({ name }) => `http.File{name=${name}}`,
  methods: {
    name: (L) => {
      pushText(L, self(L).name);
      return withNil(L);
    },
    size: (L) => {
      pushInteger(L, self(L).size);
      return withNil(L);
    },
    header: (L) => {
      const value = self(L).headers.get(checkText(L, 2).toLowerCase());
      if (value === undefined) pushNil(L);
      else pushText(L, value);
      return 1;
    },
    stream: (L) =>
      suspendOn(L, self(L).open(), (inner, stream) => {
        pushStream(inner, stream);
        return withNil(inner);
      }),
  },
});

function self(L: LuaState): FormFile {
  return checkHostObject(L, 1, FILE_TYPE);
}

function pushList<T>(L: LuaState, items: readonly T[], push: (L: LuaState, item: T) => void): void {
  newTable(L);
  items.forEach((item, index) => {
    push(L, item);
    rawSetIndex(L, -2, index + 1);
  });
}

function binaryKey(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
