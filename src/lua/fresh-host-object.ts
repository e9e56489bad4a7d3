/** A new userdata around an object. Until the engine offers it, the userdata it keeps per object. */
export { hostObject as freshHostObject } from './engine/index.ts';
