// Lets Node 20 run the TypeScript tools of this folder directly: `node --import ./test/tools/register.mjs tool.ts`.
// Types are stripped, not checked; `npm run types` checks them.
import { register } from 'node:module';

register('./strip-types.mjs', import.meta.url);
