/**
 * moonhub: an embedded Lua scripting host. Everything exported here is promised; everything else may change on
 * any day.
 */
export { HubError } from './base/index.ts';
export {
  createHub,
  type Hub,
  type HubOptions,
  type HubSnapshot,
  type Listening,
  type ReloadEvent,
} from './hub/index.ts';
