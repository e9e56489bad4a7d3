/** For a moment longer: import `freshHostObject` from `engine/index.ts`. */
export { freshHostObject } from './engine/index.ts';
