/** `require("base64")` (`modules.md` § 11): standard alphabet with padding, strict. */
import { HubError } from '../base/index.ts';
import { defineModule } from '../lua/index.ts';
import { type LuaState, pushBytes, pushText, spend, toBytes, toText, typeOf } from '../vm/index.ts';

/** The `base64` module. */
export const base64Module = defineModule({
  name: 'base64',
  functions: {
    encode(L) {
      assertString(L, 'encode');
      const bytes = toBytes(L, 1)!;
      spend(L, bytes.length >> 3);
      pushText(L, Buffer.from(bytes).toString('base64'));
      return 1;
    },
    decode(L) {
      assertString(L, 'decode');
      const text = toText(L, 1)!;
      spend(L, text.length >> 3);
      const bytes = Buffer.from(text, 'base64');
      // The platform skips what it does not know; only the one spelling of these bytes is base64.
      if (bytes.toString('base64') !== text) {
        throw new HubError('MH_BASE64_INVALID', { message: 'Cannot decode base64: the text is malformed' });
      }
      pushBytes(L, bytes);
      return 1;
    },
  },
});

function assertString(L: LuaState, verb: string): void {
  if (typeOf(L, 1) === 'string') return;
  throw new HubError('MH_BASE64_INVALID', {
    message: `Cannot ${verb} base64: expected a string, got ${typeOf(L, 1)}`,
  });
}
