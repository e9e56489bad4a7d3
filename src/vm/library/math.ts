/** The math library (Lua 5.3 § 6.7) with 64-bit integers, and the functions of 5.2 that programs still use. */
import { randomBytes } from 'node:crypto';
import { argumentError, checkAny, checkNumber } from '../loop/check.ts';
import {
  getTop,
  toInteger as integerAt,
  isInteger,
  lessThan,
  pushBinary,
  pushBoolean,
  pushFloat,
  pushInteger,
  pushNil,
  pushValue,
  raise,
  setTop,
  typeOf,
  valueAt,
} from '../loop/stack.ts';
import type { HostFunction, LuaState, LuaValue } from '../value/api.ts';
import { toInteger } from '../value/numeral.ts';
import { checkExactInteger, isAbsent, type Library, pushFloored } from './arguments.ts';

/** A function of one float. */
const ofFloat =
  (compute: (x: number) => number): HostFunction =>
  (L) => {
    pushFloat(L, compute(checkNumber(L, 1)));
    return 1;
  };

/** Rounds to an integer where one fits; integers stay as they are. */
const rounding =
  (round: (x: number) => number): HostFunction =>
  (L) => {
    if (isInteger(L, 1)) setTop(L, 1);
    else pushFloored(L, round(checkNumber(L, 1)));
    return 1;
  };

/** The argument that comes first or last by `<`, unchanged; as in PUC not only numbers can be compared. */
const choosing =
  (isBetter: (L: LuaState, candidate: LuaValue, best: LuaValue) => boolean): HostFunction =>
  (L) => {
    const count = getTop(L);
    if (count < 1) argumentError(L, 1, 'value expected');
    let chosen = 1;
    for (let index = 2; index <= count; index++) {
      if (isBetter(L, valueAt(L, index), valueAt(L, chosen))) chosen = index;
    }
    pushValue(L, chosen);
    return 1;
  };

const functions: Record<string, HostFunction> = {
  abs: (L) => {
    if (isInteger(L, 1)) {
      const value = integerAt(L, 1)!;
      pushInteger(L, typeof value === 'number' ? Math.abs(value) : toInteger(value < 0n ? -value : value));
    } else pushFloat(L, Math.abs(checkNumber(L, 1)));
    return 1;
  },
  acos: ofFloat(Math.acos),
  asin: ofFloat(Math.asin),
  atan: (L) => {
    const y = checkNumber(L, 1);
    pushFloat(L, Math.atan2(y, isAbsent(L, 2) ? 1 : checkNumber(L, 2)));
    return 1;
  },
  atan2: (L) => {
    pushFloat(L, Math.atan2(checkNumber(L, 1), checkNumber(L, 2)));
    return 1;
  },
  ceil: rounding(Math.ceil),
  cos: ofFloat(Math.cos),
  cosh: ofFloat(Math.cosh),
  deg: ofFloat((x) => x * (180 / Math.PI)),
  exp: ofFloat(Math.exp),
  floor: rounding(Math.floor),
  fmod: (L) => {
    if (isInteger(L, 1) && isInteger(L, 2)) {
      const divisor = integerAt(L, 2)!;
      if (divisor === 0) argumentError(L, 2, 'zero');
      const value = integerAt(L, 1)!;
      if (typeof value === 'number' && typeof divisor === 'number') pushInteger(L, (value % divisor) + 0);
      else pushInteger(L, toInteger(BigInt(value) % BigInt(divisor)));
    } else {
      const divisor = checkNumber(L, 2);
      pushFloat(L, checkNumber(L, 1) % divisor);
    }
    return 1;
  },
  log: (L) => {
    const x = checkNumber(L, 1);
    const base = isAbsent(L, 2) ? undefined : checkNumber(L, 2);
    if (base === undefined) pushFloat(L, Math.log(x));
    else if (base === 2) pushFloat(L, Math.log2(x));
    else if (base === 10) pushFloat(L, Math.log10(x));
    else pushFloat(L, Math.log(x) / Math.log(base));
    return 1;
  },
  log10: ofFloat(Math.log10),
  max: choosing((L, candidate, best) => lessThan(L, best, candidate)),
  min: choosing((L, candidate, best) => lessThan(L, candidate, best)),
  modf: (L) => {
    if (isInteger(L, 1)) {
      setTop(L, 1);
      pushFloat(L, 0);
      return 2;
    }
    const value = checkNumber(L, 1);
    const whole = Math.trunc(value);
    pushFloored(L, whole);
    pushFloat(L, value === whole ? 0 : value - whole);
    return 2;
  },
  pow: (L) => {
    const [x, y] = [checkNumber(L, 1), checkNumber(L, 2)];
    // C: 1^y is 1 for any y, (-1)^inf is 1.
    pushFloat(L, x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y);
    return 1;
  },
  rad: ofFloat((x) => x * (Math.PI / 180)),
  random,
  randomseed: (L) => {
    const seed = checkNumber(L, 1);
    generators.set(keyOf(L), new Generator(BigInt(Math.trunc(Number.isFinite(seed) ? seed : 0))));
    return 0;
  },
  sin: ofFloat(Math.sin),
  sinh: ofFloat(Math.sinh),
  sqrt: ofFloat(Math.sqrt),
  tan: ofFloat(Math.tan),
  tanh: ofFloat(Math.tanh),
  tointeger: (L) => {
    checkAny(L, 1);
    const value = integerAt(L, 1);
    if (value === undefined) pushNil(L);
    else pushInteger(L, value);
    return 1;
  },
  type: (L) => {
    checkAny(L, 1);
    if (typeOf(L, 1) !== 'number') pushNil(L);
    else pushBinary(L, isInteger(L, 1) ? 'integer' : 'float');
    return 1;
  },
  ult: (L) => {
    const a = BigInt.asUintN(64, BigInt(checkExactInteger(L, 1)));
    pushBoolean(L, a < BigInt.asUintN(64, BigInt(checkExactInteger(L, 2))));
    return 1;
  },
};

/** `math` */
export const mathLibrary: Library = {
  name: 'math',
  functions,
  constants: {
    huge: (L) => pushFloat(L, Number.POSITIVE_INFINITY),
    maxinteger: (L) => pushInteger(L, 2n ** 63n - 1n),
    mininteger: (L) => pushInteger(L, -(2n ** 63n)),
    pi: (L) => pushFloat(L, Math.PI),
  },
};

function random(L: LuaState): number {
  const count = getTop(L);
  const generator = generatorOf(L);
  if (count === 0) {
    pushFloat(L, generator.nextFloat());
    return 1;
  }
  if (count > 2) raise(L, 'wrong number of arguments');
  const low = count === 1 ? 1 : checkExactInteger(L, 1);
  const high = checkExactInteger(L, count);
  if (low > high) argumentError(L, 1, 'interval is empty');
  const span = BigInt(high) - BigInt(low);
  if (span > 2n ** 63n - 1n) argumentError(L, 1, 'interval too large');
  pushInteger(L, toInteger(BigInt(low) + generator.below(span + 1n)));
  return 1;
}

/**
 * Random numbers of one program: xoshiro256** (Blackman, Vigna 2018). Programs do not share a state, so none can
 * see or steer the numbers of another (`vm.md` § 3); without `randomseed` the seed comes from the system.
 */
class Generator {
  readonly #words: BigUint64Array;

  constructor(seed: bigint) {
    // splitmix64 fills the state, as the authors advise.
    let state = BigInt.asUintN(64, seed);
    this.#words = new BigUint64Array(4).map(() => {
      state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
      let word = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
      word = BigInt.asUintN(64, (word ^ (word >> 27n)) * 0x94d049bb133111ebn);
      return word ^ (word >> 31n);
    });
  }

  next(): bigint {
    const words = this.#words;
    const [a, b, c, d] = words as unknown as [bigint, bigint, bigint, bigint];
    const result = BigInt.asUintN(64, rotate(BigInt.asUintN(64, b * 5n), 7n) * 9n);
    const e = c ^ a;
    const f = d ^ b;
    words[0] = a ^ f;
    words[1] = b ^ e;
    words[2] = e ^ (b << 17n);
    words[3] = rotate(f, 45n);
    return result;
  }

  /** In [0, 1), with 53 bits. */
  nextFloat(): number {
    return Number(this.next() >> 11n) / 2 ** 53;
  }

  /** In [0, bound), all equally likely. */
  below(bound: bigint): bigint {
    const fair = 2n ** 64n - (2n ** 64n % bound);
    for (;;) {
      const value = this.next();
      if (value < fair) return value % bound;
    }
  }
}

const rotate = (value: bigint, by: bigint): bigint =>
  BigInt.asUintN(64, (value << by) | (value >> (64n - by)));

const generators = new WeakMap<object, Generator>();

function generatorOf(L: LuaState): Generator {
  const key = keyOf(L);
  let generator = generators.get(key);
  if (generator === undefined) {
    generator = new Generator(randomBytes(8).readBigUInt64LE());
    generators.set(key, generator);
  }
  return generator;
}

/** The program a thread belongs to; a thread outside any program is its own. */
function keyOf(L: LuaState): object {
  return typeof L.unit === 'object' && L.unit !== null ? L.unit : L;
}
