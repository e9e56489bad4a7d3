/**
 * The interpreter: one loop over the instructions of the running thread's frame. State lives in the frame and on
 * the stack, never only in JavaScript variables, at every point where something else may look: before a call, an
 * operation that can fail, and a loop's jump back (README.md says how compiled code may enter and leave there).
 *
 * Common operand kinds are handled in place; the rest goes through metamethods.ts, which answers CALL when a
 * metamethod must run. It then runs as a frame of its own, and finish.ts completes the instruction.
 */

import { B_CONSTANT, C_CONSTANT } from '../compiler/opcodes.ts';
import { LuaFloat } from '../value/float.ts';
import { OPERATORS, powDoubles, toFloatValue } from '../value/number.ts';
import { Table } from '../value/table.ts';
import {
  FRAME,
  type Frame,
  growStack,
  HOST_STACK_MIN,
  LuaClosure,
  type Thread,
  type Upvalue,
  type Value,
} from '../value/value.ts';
import {
  canWait,
  closeUpvalues,
  enterHost,
  enterLua,
  findUpvalue,
  moveResults,
  refuel,
  reserveStack,
  running,
  SIGNAL,
  settle,
  settleReturn,
  startCall,
  suspendChain,
} from './calls.ts';
import { concatenate } from './finish.ts';
import { type ForLoop, prepareLoop } from './for-loop.ts';
import { ipairsStep, next } from './iterate.ts';
import {
  CALL,
  equals,
  index,
  lengthOf,
  lessOrEqual,
  lessThan,
  negation,
  operate,
  pending,
  setIndex,
} from './metamethods.ts';

/** Answer of a slow path that needed no call: the loop goes on where it is. */
const DONE = -1;

/** Cost of a call beyond the instructions of the callee. */
const CALL_COST = 4;

/** Prepares the call of `pending.fn` with two operands, its result to be used by the instruction at hand. */
function callMeta(thread: Thread, frame: Frame, a: Value, b: Value, flags: number): number {
  const stack = thread.stack;
  const func = frame.top;
  stack[func] = pending.fn;
  stack[func + 1] = a;
  stack[func + 2] = b;
  thread.top = func + 3;
  return startCall(thread, func, 1, flags);
}

function callNewIndex(thread: Thread, frame: Frame, key: Value, value: Value): number {
  const stack = thread.stack;
  const func = frame.top;
  stack[func] = pending.fn;
  stack[func + 1] = pending.self;
  stack[func + 2] = key;
  stack[func + 3] = value;
  thread.top = func + 4;
  return startCall(thread, func, 0, FRAME.meta);
}

/** An operator on any operands; the result goes to register A of the instruction at hand. */
function slowOperation(
  thread: Thread,
  frame: Frame,
  operator: number,
  a: Value,
  b: Value,
  to: number,
): number {
  if (operator <= OPERATORS.mul && (a instanceof LuaFloat || b instanceof LuaFloat)) {
    const x = typeof a === 'number' ? a : a instanceof LuaFloat ? a.n : undefined;
    const y = typeof b === 'number' ? b : b instanceof LuaFloat ? b.n : undefined;
    if (x !== undefined && y !== undefined) {
      const value = operator === OPERATORS.add ? x + y : operator === OPERATORS.sub ? x - y : x * y;
      thread.stack[to] = toFloatValue(value);
      return DONE;
    }
  }
  const result = operate(thread, operator, a, b);
  if (result === CALL) return callMeta(thread, frame, a, b, FRAME.meta);
  thread.stack[to] = result;
  return DONE;
}

/** A read of `object[key]` beyond a plain table's own field. */
function slowIndex(thread: Thread, frame: Frame, object: Value, key: Value, to: number): number {
  const value = index(thread, object, key);
  if (value === CALL) return callMeta(thread, frame, pending.self, key, FRAME.meta);
  thread.stack[to] = value;
  return DONE;
}

function slowSetIndex(thread: Thread, frame: Frame, object: Value, key: Value, value: Value): number {
  return setIndex(thread, object, key, value) === CALL ? callNewIndex(thread, frame, key, value) : DONE;
}

/** The end of a fuel grant, at a jump back: suspends where that is possible. Whether the loop must be left. */
function pause(thread: Thread): boolean {
  refuel(thread);
  if (!canWait(thread)) return false;
  suspendChain(thread, 'slice');
  return true;
}

/** Runs the Lua frame of the running thread and whatever it calls until `execute` is to be left. */
export function run(): void {
  let signal: number = SIGNAL.run;
  for (;;) {
    if (signal !== SIGNAL.run) return;
    const thread = running.thread!;
    const stack = thread.stack;
    const meter = thread.meter;
    let frame = thread.frame;
    let closure = frame.closure!;
    let upvalues: Upvalue[] = closure.upvalues;
    let code = closure.proto.code;
    let wide = closure.proto.wide;
    let k = closure.proto.constants;
    let base = frame.base;
    let pc = frame.pc;

    // Leaving this inner loop means: `signal` says how to go on, all state is in the frame.
    for (;;) {
      const i = code[pc]!;
      const ra = base + ((i >>> 8) & 255);
      pc++;
      switch (i & 255) {
        case 0 /* MOVE */:
          stack[ra] = stack[base + ((i >>> 16) & 255)];
          continue;
        case 1 /* LOADK */:
          stack[ra] = k[wide[pc - 1]!];
          continue;
        case 2 /* LOADKX */:
          stack[ra] = k[wide[pc]!];
          pc++;
          continue;
        case 3 /* LOADBOOL */:
          stack[ra] = ((i >>> 16) & 255) !== 0;
          if (i >>> 24 !== 0) pc++;
          continue;
        case 4 /* LOADNIL */:
          {
            const last = ra + ((i >>> 16) & 255);
            for (let at = ra; at <= last; at++) stack[at] = undefined;
            continue;
          }
        case 5 /* GETUPVAL */:
          {
            const upvalue = upvalues[(i >>> 16) & 255]!;
            stack[ra] = upvalue.slots[upvalue.index];
            continue;
          }
        case 9 /* SETUPVAL */:
          {
            const upvalue = upvalues[(i >>> 16) & 255]!;
            upvalue.slots[upvalue.index] = stack[ra];
            continue;
          }
        case 48 /* GETGLOBAL */:
          {
            const upvalue = upvalues[(i >>> 16) & 255]!;
            const object = upvalue.slots[upvalue.index];
            const key = k[i >>> 24] as string;
            if (object instanceof Table) {
              const slots = object.slots;
              const hint = wide[pc - 1]!;
              if (hint < slots.length && slots[hint] === key) {
                const value = slots[hint + 1];
                if (value !== undefined) {
                  stack[ra] = value;
                  continue;
                }
              } else {
                const at = object.find(key);
                if (at >= 0) {
                  wide[pc - 1] = at;
                  const value = slots[at + 1];
                  if (value !== undefined) {
                    stack[ra] = value;
                    continue;
                  }
                }
              }
              if (object.metatable === null) {
                stack[ra] = undefined;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowIndex(thread, frame, object, key, ra);
            if (signal === DONE) continue;
            break;
          }
        case 6 /* GETTABUP */:
          {
            const upvalue = upvalues[(i >>> 16) & 255]!;
            const key = (wide[pc - 1]! & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            frame.pc = pc;
            signal = slowIndex(thread, frame, upvalue.slots[upvalue.index], key, ra);
            if (signal === DONE) continue;
            break;
          }
        case 47 /* GETFIELD */:
          {
            const object = stack[base + ((i >>> 16) & 255)];
            const key = k[i >>> 24] as string;
            if (object instanceof Table) {
              const slots = object.slots;
              const hint = wide[pc - 1]!;
              if (hint < slots.length && slots[hint] === key) {
                const value = slots[hint + 1];
                if (value !== undefined) {
                  stack[ra] = value;
                  continue;
                }
              } else {
                const at = object.find(key);
                if (at >= 0) {
                  wide[pc - 1] = at;
                  const value = slots[at + 1];
                  if (value !== undefined) {
                    stack[ra] = value;
                    continue;
                  }
                }
              }
              if (object.metatable === null) {
                stack[ra] = undefined;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowIndex(thread, frame, object, key, ra);
            if (signal === DONE) continue;
            break;
          }
        case 51 /* METHOD */:
          {
            const object = stack[base + ((i >>> 16) & 255)];
            const key = k[i >>> 24] as string;
            stack[ra + 1] = object;
            if (object instanceof Table) {
              // Methods live in the object or, one step away, in its class.
              let holder: Table = object;
              const at = object.slots.length === 0 ? -1 : object.find(key);
              if (at < 0 || object.slots[at + 1] === undefined) {
                const metatable = object.metatable;
                if (metatable === null) {
                  stack[ra] = undefined;
                  continue;
                }
                const parent = metatable.getString('__index');
                if (parent instanceof Table) holder = parent;
              }
              const slots = holder.slots;
              const hint = wide[pc - 1]!;
              if (hint < slots.length && slots[hint] === key) {
                const value = slots[hint + 1];
                if (value !== undefined) {
                  stack[ra] = value;
                  continue;
                }
              } else {
                const found = holder.find(key);
                if (found >= 0) {
                  wide[pc - 1] = found;
                  const value = slots[found + 1];
                  if (value !== undefined) {
                    stack[ra] = value;
                    continue;
                  }
                }
              }
            }
            frame.pc = pc;
            signal = slowIndex(thread, frame, object, key, ra);
            if (signal === DONE) continue;
            break;
          }
        case 12 /* SELF */:
          {
            const object = stack[base + ((i >>> 16) & 255)];
            const key = (wide[pc - 1]! & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            stack[ra + 1] = object;
            frame.pc = pc;
            signal = slowIndex(thread, frame, object, key, ra);
            if (signal === DONE) continue;
            break;
          }
        case 55 /* GETINDEX */:
          {
            const object = stack[base + ((i >>> 16) & 255)];
            const key = stack[base + (i >>> 24)];
            if (object instanceof Table) {
              let value: Value;
              if (typeof key === 'number') {
                const array = object.array;
                value =
                  key > 0 && key < array.length && (key | 0) === key ? array[key] : object.getNumber(key);
              } else value = typeof key === 'string' ? object.getString(key) : object.get(key);
              if (value !== undefined || object.metatable === null) {
                stack[ra] = value;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowIndex(thread, frame, object, key, ra);
            if (signal === DONE) continue;
            break;
          }
        case 7 /* GETTABLE */:
          {
            const object = stack[base + ((i >>> 16) & 255)];
            const key = k[i >>> 24];
            if (object instanceof Table) {
              const value = object.get(key);
              if (value !== undefined || object.metatable === null) {
                stack[ra] = value;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowIndex(thread, frame, object, key, ra);
            if (signal === DONE) continue;
            break;
          }
        case 8 /* SETTABUP */:
          {
            const upvalue = upvalues[(i >>> 8) & 255]!;
            const flags = wide[pc - 1]!;
            const key = (flags & B_CONSTANT) !== 0 ? k[(i >>> 16) & 255] : stack[base + ((i >>> 16) & 255)];
            const value = (flags & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            frame.pc = pc;
            signal = slowSetIndex(thread, frame, upvalue.slots[upvalue.index], key, value);
            if (signal === DONE) continue;
            break;
          }
        case 49 /* SETFIELD */:
        case 50 /* SETFIELDK */:
          {
            const object = stack[ra];
            const key = k[(i >>> 16) & 255] as string;
            const value = (i & 255) === 49 /* SETFIELD */ ? stack[base + (i >>> 24)] : k[i >>> 24];
            if (object instanceof Table && !object.isFrozen && value !== undefined) {
              const slots = object.slots;
              const hint = wide[pc - 1]!;
              if (hint < slots.length && slots[hint] === key) {
                if (slots[hint + 1] !== undefined) {
                  slots[hint + 1] = value;
                  continue;
                }
              } else {
                const at = object.find(key);
                if (at >= 0) {
                  wide[pc - 1] = at;
                  if (slots[at + 1] !== undefined) {
                    slots[at + 1] = value;
                    continue;
                  }
                } else if (object.metatable === null) {
                  object.insert(key, value);
                  wide[pc - 1] = object.slots.length - 2;
                  continue;
                }
              }
            }
            frame.pc = pc;
            signal = slowSetIndex(thread, frame, object, key, value);
            if (signal === DONE) continue;
            break;
          }
        case 54 /* SETINDEX */:
          {
            const object = stack[ra];
            const key = stack[base + ((i >>> 16) & 255)];
            const value = stack[base + (i >>> 24)];
            if (object instanceof Table && !object.isFrozen && typeof key === 'number') {
              const array = object.array;
              if (key > 0 && key < array.length && (key | 0) === key) {
                if (value !== undefined) {
                  if (array[key] !== undefined) {
                    array[key] = value;
                    continue;
                  }
                }
              } else if (key === array.length && value !== undefined && object.metatable === null) {
                object.append(value);
                continue;
              }
            } else if (
              typeof key === 'string' &&
              object instanceof Table &&
              !object.isFrozen &&
              value !== undefined
            ) {
              const at = object.find(key);
              if (at >= 0 && object.slots[at + 1] !== undefined) {
                object.slots[at + 1] = value;
                continue;
              }
              if (at < 0 && object.metatable === null) {
                object.insert(key, value);
                continue;
              }
            }
            frame.pc = pc;
            signal = slowSetIndex(thread, frame, object, key, value);
            if (signal === DONE) continue;
            break;
          }
        case 10 /* SETTABLE */:
          {
            const flags = wide[pc - 1]!;
            const key = (flags & B_CONSTANT) !== 0 ? k[(i >>> 16) & 255] : stack[base + ((i >>> 16) & 255)];
            const value = (flags & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            frame.pc = pc;
            signal = slowSetIndex(thread, frame, stack[ra], key, value);
            if (signal === DONE) continue;
            break;
          }
        case 11 /* NEWTABLE */:
          stack[ra] = new Table();
          continue;

        case 52 /* ADDK */:
          {
            const b = stack[base + ((i >>> 16) & 255)];
            if (typeof b === 'number') {
              const result = b + (k[i >>> 24] as number);
              // A small integer, or a result that can only be a float.
              if ((b | 0) === b || result !== Math.floor(result)) {
                stack[ra] = result;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.add, b, k[i >>> 24], ra);
            if (signal === DONE) continue;
            break;
          }
        case 53 /* SUBK */:
          {
            const b = stack[base + ((i >>> 16) & 255)];
            if (typeof b === 'number') {
              const result = b - (k[i >>> 24] as number);
              // A small integer, or a result that can only be a float.
              if ((b | 0) === b || result !== Math.floor(result)) {
                stack[ra] = result;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.sub, b, k[i >>> 24], ra);
            if (signal === DONE) continue;
            break;
          }
        case 57 /* ADDRR */:
          {
            const b = stack[base + ((i >>> 16) & 255)];
            const c = stack[base + (i >>> 24)];
            if (typeof b === 'number' && typeof c === 'number') {
              const sum = b + c;
              // Small integers, or a sum that can only be a float.
              if (((b | 0) === b && (c | 0) === c) || sum !== Math.floor(sum)) {
                stack[ra] = sum;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.add, b, c, ra);
            if (signal === DONE) continue;
            break;
          }
        case 58 /* SUBRR */:
          {
            const b = stack[base + ((i >>> 16) & 255)];
            const c = stack[base + (i >>> 24)];
            if (typeof b === 'number' && typeof c === 'number') {
              const difference = b - c;
              if (((b | 0) === b && (c | 0) === c) || difference !== Math.floor(difference)) {
                stack[ra] = difference;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.sub, b, c, ra);
            if (signal === DONE) continue;
            break;
          }
        case 59 /* MULRR */:
          {
            const b = stack[base + ((i >>> 16) & 255)];
            const c = stack[base + (i >>> 24)];
            if (typeof b === 'number' && typeof c === 'number') {
              const product = b * c;
              if ((b | 0) === b && (c | 0) === c) {
                if (product <= Number.MAX_SAFE_INTEGER && product >= Number.MIN_SAFE_INTEGER) {
                  stack[ra] = product + 0; // + 0 turns -0 into 0
                  continue;
                }
              } else if (product !== Math.floor(product)) {
                stack[ra] = product;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.mul, b, c, ra);
            if (signal === DONE) continue;
            break;
          }
        case 16 /* MOD */:
          {
            const flags = wide[pc - 1]!;
            const b = (flags & B_CONSTANT) !== 0 ? k[(i >>> 16) & 255] : stack[base + ((i >>> 16) & 255)];
            const c = (flags & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            if (typeof b === 'number' && typeof c === 'number' && (b | 0) === b && (c | 0) === c && c > 0) {
              const remainder = b % c;
              stack[ra] = remainder < 0 ? remainder + c : remainder + 0;
              continue;
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.mod, b, c, ra);
            if (signal === DONE) continue;
            break;
          }
        case 15 /* MUL */:
          {
            // At least one operand is a constant; two registers are MULRR.
            const flags = wide[pc - 1]!;
            const b = (flags & B_CONSTANT) !== 0 ? k[(i >>> 16) & 255] : stack[base + ((i >>> 16) & 255)];
            const c = (flags & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            const x = typeof b === 'number' ? b : b instanceof LuaFloat ? b.n : undefined;
            const y = typeof c === 'number' ? c : c instanceof LuaFloat ? c.n : undefined;
            if (x !== undefined && y !== undefined) {
              const product = x * y;
              if (product !== Math.floor(product)) {
                stack[ra] = product;
                continue;
              }
              if (typeof b === 'number' && typeof c === 'number' && (b | 0) === b && (c | 0) === c) {
                if (product <= Number.MAX_SAFE_INTEGER && product >= Number.MIN_SAFE_INTEGER) {
                  stack[ra] = product + 0;
                  continue;
                }
              }
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.mul, b, c, ra);
            if (signal === DONE) continue;
            break;
          }
        case 18 /* DIV */:
          {
            const flags = wide[pc - 1]!;
            const b = (flags & B_CONSTANT) !== 0 ? k[(i >>> 16) & 255] : stack[base + ((i >>> 16) & 255)];
            const c = (flags & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            const x = typeof b === 'number' ? b : b instanceof LuaFloat ? b.n : undefined;
            const y = typeof c === 'number' ? c : c instanceof LuaFloat ? c.n : undefined;
            if (x !== undefined && y !== undefined) {
              const quotient = x / y;
              stack[ra] = quotient === Math.floor(quotient) ? toFloatValue(quotient) : quotient;
              continue;
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.div, b, c, ra);
            if (signal === DONE) continue;
            break;
          }
        case 13 /* ADD */:
        case 14 /* SUB */:
        case 19 /* IDIV */:
        case 20 /* BAND */:
        case 21 /* BOR */:
        case 22 /* BXOR */:
        case 23 /* SHL */:
        case 24 /* SHR */:
        case 17 /* POW */:
          {
            const flags = wide[pc - 1]!;
            const b = (flags & B_CONSTANT) !== 0 ? k[(i >>> 16) & 255] : stack[base + ((i >>> 16) & 255)];
            const c = (flags & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            if (typeof b === 'number') {
              const op = i & 255;
              if (typeof c === 'number') {
                if ((b | 0) === b && (c | 0) === c) {
                  const result = smallOperation(op, b, c);
                  if (result !== undefined) {
                    stack[ra] = result;
                    continue;
                  }
                } else {
                  const result = floatOperation(op, b, c);
                  if (result !== Math.floor(result)) {
                    stack[ra] = result;
                    continue;
                  }
                }
              } else if (c instanceof LuaFloat) {
                const result = floatOperation(op, b, c.n);
                if (result !== Math.floor(result)) {
                  stack[ra] = result;
                  continue;
                }
              }
            } else if (b instanceof LuaFloat && typeof c === 'number') {
              const result = floatOperation(i & 255, b.n, c);
              if (result !== Math.floor(result)) {
                stack[ra] = result;
                continue;
              }
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, (i & 255) - 13 /* ADD */, b, c, ra);
            if (signal === DONE) continue;
            break;
          }
        case 25 /* UNM */:
          {
            const b = stack[base + ((i >>> 16) & 255)];
            if (typeof b === 'number' && !Number.isNaN(b)) {
              stack[ra] = 0 - b;
              continue;
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.unm, b, b, ra);
            if (signal === DONE) continue;
            break;
          }
        case 26 /* BNOT */:
          {
            const b = stack[base + ((i >>> 16) & 255)];
            if (typeof b === 'number' && (b | 0) === b) {
              stack[ra] = ~b;
              continue;
            }
            frame.pc = pc;
            signal = slowOperation(thread, frame, OPERATORS.bnot, b, b, ra);
            if (signal === DONE) continue;
            break;
          }
        case 27 /* NOT */:
          {
            const value = stack[base + ((i >>> 16) & 255)];
            stack[ra] = value === undefined || value === false;
            continue;
          }
        case 28 /* LEN */:
          {
            const value = stack[base + ((i >>> 16) & 255)];
            if (value instanceof Table && value.metatable === null) {
              stack[ra] = value.array.length - 1;
              continue;
            }
            frame.pc = pc;
            const length = lengthOf(thread, value);
            if (length !== CALL) {
              stack[ra] = length;
              continue;
            }
            signal = callMeta(thread, frame, value, value, FRAME.meta);
            break;
          }
        case 29 /* CONCAT */:
          {
            const first = (i >>> 16) & 255;
            const last = i >>> 24;
            const b = stack[base + first];
            const c = stack[base + last];
            if (last - first === 1 && typeof b === 'string' && typeof c === 'string') {
              if (b.length + c.length <= meter.stringBytesMax) {
                stack[ra] = b + c;
                continue;
              }
            }
            frame.pc = pc;
            thread.top = base + last + 1;
            signal = concatenate(thread, frame, last - first + 1);
            break;
          }

        case 30 /* JMP */:
          {
            const target = wide[pc - 1]!;
            const level = (i >>> 8) & 255;
            if (level !== 0 && thread.openUpvalues !== null) closeUpvalues(thread, base + level - 1);
            const distance = pc - target;
            pc = target;
            if (distance > 0) {
              meter.fuel -= distance;
              if (meter.fuel < 0) {
                frame.pc = pc;
                if (pause(thread)) return;
              }
            }
            continue;
          }
        case 56 /* EQK */:
          {
            const b = stack[base + ((i >>> 16) & 255)];
            if ((b === k[i >>> 24]) !== ((i >>> 8) & 255) > 0) pc++;
            else if (code[pc]! === 30 /* JMP, nothing to close */ && wide[pc]! > pc) pc = wide[pc]!;
            continue;
          }
        case 31 /* EQ */:
          {
            const flags = wide[pc - 1]!;
            const b = (flags & B_CONSTANT) !== 0 ? k[(i >>> 16) & 255] : stack[base + ((i >>> 16) & 255)];
            const c = (flags & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            let isEqual = b === c;
            if (!isEqual && typeof b === 'object' && (typeof c === 'object' || typeof c === 'number')) {
              frame.pc = pc;
              const answer = equals(thread, b, c);
              if (answer === CALL) {
                signal = callMeta(thread, frame, b, c, FRAME.meta);
                break;
              }
              isEqual = answer;
            } else if (!isEqual && c instanceof LuaFloat) isEqual = equals(thread, b, c) === true;
            else if (!isEqual && typeof b === 'bigint') isEqual = equals(thread, b, c) === true;
            else if (!isEqual && b instanceof LuaFloat) isEqual = equals(thread, b, c) === true;
            if (isEqual !== ((i >>> 8) & 255) > 0) pc++;
            else if (code[pc]! === 30 /* JMP, nothing to close */ && wide[pc]! > pc) pc = wide[pc]!;
            continue;
          }
        case 60 /* LTRR */:
          {
            const b = stack[base + ((i >>> 16) & 255)];
            const c = stack[base + (i >>> 24)];
            if (typeof b === 'number' && typeof c === 'number') {
              if (b < c !== ((i >>> 8) & 255) > 0) pc++;
              else if (code[pc]! === 30 /* JMP, nothing to close */ && wide[pc]! > pc) pc = wide[pc]!;
              continue;
            }
            frame.pc = pc;
            const answer = lessThan(thread, b, c);
            if (answer === CALL) {
              signal = callMeta(thread, frame, b, c, FRAME.meta);
              break;
            }
            if (answer !== ((i >>> 8) & 255) > 0) pc++;
            else if (code[pc]! === 30 /* JMP, nothing to close */ && wide[pc]! > pc) pc = wide[pc]!;
            continue;
          }
        case 32 /* LT */:
          {
            const flags = wide[pc - 1]!;
            const b = (flags & B_CONSTANT) !== 0 ? k[(i >>> 16) & 255] : stack[base + ((i >>> 16) & 255)];
            const c = (flags & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            if (typeof b === 'number' && typeof c === 'number') {
              if (b < c !== ((i >>> 8) & 255) > 0) pc++;
              else if (code[pc]! === 30 /* JMP, nothing to close */ && wide[pc]! > pc) pc = wide[pc]!;
              continue;
            }
            frame.pc = pc;
            const answer = lessThan(thread, b, c);
            if (answer === CALL) {
              signal = callMeta(thread, frame, b, c, FRAME.meta);
              break;
            }
            if (answer !== ((i >>> 8) & 255) > 0) pc++;
            else if (code[pc]! === 30 /* JMP, nothing to close */ && wide[pc]! > pc) pc = wide[pc]!;
            continue;
          }
        case 61 /* LERR */:
        case 33 /* LE */:
          {
            const flags = (i & 255) === 61 /* LERR */ ? 0 : wide[pc - 1]!;
            const b = (flags & B_CONSTANT) !== 0 ? k[(i >>> 16) & 255] : stack[base + ((i >>> 16) & 255)];
            const c = (flags & C_CONSTANT) !== 0 ? k[i >>> 24] : stack[base + (i >>> 24)];
            if (typeof b === 'number' && typeof c === 'number') {
              if (b <= c !== ((i >>> 8) & 255) > 0) pc++;
              else if (code[pc]! === 30 /* JMP, nothing to close */ && wide[pc]! > pc) pc = wide[pc]!;
              continue;
            }
            frame.pc = pc;
            const answer = lessOrEqual(thread, b, c);
            if (answer === CALL) {
              signal = negation.isNegated
                ? callMeta(thread, frame, c, b, FRAME.meta | FRAME.negate)
                : callMeta(thread, frame, b, c, FRAME.meta);
              break;
            }
            if (answer !== ((i >>> 8) & 255) > 0) pc++;
            else if (code[pc]! === 30 /* JMP, nothing to close */ && wide[pc]! > pc) pc = wide[pc]!;
            continue;
          }
        case 34 /* TEST */:
          {
            const value = stack[ra];
            if ((value === undefined || value === false) === i >>> 24 > 0) pc++;
            else if (code[pc]! === 30 /* JMP, nothing to close */ && wide[pc]! > pc) pc = wide[pc]!;
            continue;
          }
        case 35 /* TESTSET */:
          {
            const value = stack[base + ((i >>> 16) & 255)];
            if ((value === undefined || value === false) === i >>> 24 > 0) pc++;
            else stack[ra] = value;
            continue;
          }

        case 36 /* CALL */:
          {
            const counts = wide[pc - 1]!;
            const b = counts & 0xffff;
            if (b !== 0) thread.top = ra + b;
            const fn = stack[ra];
            frame.pc = pc;
            if (fn instanceof LuaClosure) {
              if (meter.fuel < 0) {
                frame.pc = pc - 1; // the call is made again after a pause
                if (pause(thread)) return;
                frame.pc = pc;
              }
              meter.fuel -= CALL_COST;
              const proto = fn.proto;
              const callee = frame.next;
              if (proto.isVararg || callee === null) {
                frame = enterLua(thread, fn, ra, thread.top - ra - 1, (counts >>> 16) - 1, 0);
                base = frame.base;
              } else {
                // enterLua for the usual case: fixed parameters, a frame to reuse.
                base = ra + 1;
                const top = base + proto.maxStack;
                if (top + HOST_STACK_MIN > stack.length) reserveStack(thread, top + HOST_STACK_MIN);
                const parameters = base + proto.parameters;
                for (let at = thread.top; at < parameters; at++) stack[at] = undefined;
                callee.func = ra;
                callee.base = base;
                callee.top = top;
                callee.wanted = (counts >>> 16) - 1;
                callee.flags = 0;
                callee.level = frame.level;
                callee.closure = fn;
                thread.frame = callee;
                frame = callee;
              }
              closure = fn;
              upvalues = fn.upvalues;
              code = proto.code;
              wide = proto.wide;
              k = proto.constants;
              pc = 0;
              continue;
            }
            if (typeof fn === 'function') {
              const callee = enterHost(thread, fn, ra, (counts >>> 16) - 1, 0);
              const n = fn(thread);
              if (n >= 0) {
                moveResults(thread, callee, thread.top - n, n);
                thread.frame = frame;
                continue;
              }
              signal = settle(thread, callee, n);
              break;
            }
            signal = startCall(thread, ra, (counts >>> 16) - 1, 0);
            break;
          }
        case 37 /* TAILCALL */:
          {
            const b = wide[pc - 1]! & 0xffff;
            if (b !== 0) thread.top = ra + b;
            const fn = stack[ra];
            frame.pc = pc;
            if (fn instanceof LuaClosure) {
              if (meter.fuel < 0) {
                frame.pc = pc - 1;
                if (pause(thread)) return;
              }
              meter.fuel -= CALL_COST;
              if (thread.openUpvalues !== null) closeUpvalues(thread, base);
              // The callee takes the place of this frame: function and arguments move down to it.
              const func = frame.func;
              const count = thread.top - ra;
              for (let at = 0; at < count; at++) stack[func + at] = stack[ra + at];
              thread.top = func + count;
              const { wanted, flags } = frame;
              thread.frame = frame.previous!;
              frame = enterLua(thread, fn, func, count - 1, wanted, flags | FRAME.tail);
              closure = fn;
              upvalues = fn.upvalues;
              const proto = fn.proto;
              code = proto.code;
              wide = proto.wide;
              k = proto.constants;
              base = frame.base;
              pc = 0;
              continue;
            }
            // Host functions run as an ordinary call; the RETURN that follows hands on all results.
            signal = startCall(thread, ra, -1, 0);
            break;
          }
        case 38 /* RETURN */:
          {
            if (thread.openUpvalues !== null) closeUpvalues(thread, base);
            const b = wide[pc - 1]! & 0xffff;
            const count = b !== 0 ? b - 1 : thread.top - ra;
            const wanted = frame.wanted;
            if (wanted === 1) {
              stack[frame.func] = count > 0 ? stack[ra] : undefined;
              thread.top = frame.func + 1;
            } else moveResults(thread, frame, ra, count);
            const caller = frame.previous!;
            thread.frame = caller;
            if ((frame.flags & ~FRAME.tail) === 0 && caller.closure !== null) {
              frame = caller;
              closure = frame.closure!;
              upvalues = closure.upvalues;
              const proto = closure.proto;
              code = proto.code;
              wide = proto.wide;
              k = proto.constants;
              base = frame.base;
              pc = frame.pc;
              continue;
            }
            signal = settleReturn(thread, frame);
            break;
          }

        case 39 /* FORLOOP */:
          {
            const step = stack[ra + 2];
            if (typeof step === 'number') {
              const at = (stack[ra] as number) + step;
              if (step > 0 ? at <= (stack[ra + 1] as number) : at >= (stack[ra + 1] as number)) {
                const target = wide[pc - 1]!;
                stack[ra] = at;
                stack[ra + 3] = at;
                const distance = pc - target;
                pc = target;
                meter.fuel -= distance;
                if (meter.fuel < 0) {
                  frame.pc = pc;
                  if (pause(thread)) return;
                }
              }
              continue;
            }
            if ((step as unknown as ForLoop).advance()) {
              stack[ra + 3] = (step as unknown as ForLoop).value();
              const target = wide[pc - 1]!;
              const distance = pc - target;
              pc = target;
              meter.fuel -= distance;
              if (meter.fuel < 0) {
                frame.pc = pc;
                if (pause(thread)) return;
              }
            }
            continue;
          }
        case 40 /* FORPREP */:
          frame.pc = pc;
          prepareLoop(thread, ra);
          pc = wide[pc - 1]!;
          continue;
        case 41 /* TFORCALL */:
          {
            const fn = stack[ra];
            const results = wide[pc - 1]! >>> 16;
            if (fn === next && results <= 2) {
              const table = stack[ra + 1];
              if (table instanceof Table) {
                const position = table.positionOf(stack[ra + 2]);
                if (position >= 0) {
                  const at = table.nextPosition(position);
                  if (at === 0) stack[ra + 3] = undefined;
                  else {
                    stack[ra + 3] = table.keyAt(at);
                    // Read also when not wanted: it moves the table's cursor.
                    const value = table.valueAt(at);
                    if (results === 2) stack[ra + 4] = value;
                  }
                  continue;
                }
              }
            } else if (fn === ipairsStep && results <= 2) {
              const table = stack[ra + 1];
              const last = stack[ra + 2];
              if (table instanceof Table && typeof last === 'number') {
                const array = table.array;
                const at = last + 1;
                if (at > 0 && at < array.length) {
                  const value = array[at];
                  if (value !== undefined) {
                    stack[ra + 3] = at;
                    if (results === 2) stack[ra + 4] = value;
                    continue;
                  }
                }
              }
            }
            const func = ra + 3;
            if (func + 3 > stack.length) growStack(thread, func + 3);
            stack[func] = fn;
            stack[func + 1] = stack[ra + 1];
            stack[func + 2] = stack[ra + 2];
            thread.top = func + 3;
            frame.pc = pc;
            signal = startCall(thread, func, results, 0);
            break;
          }
        case 42 /* TFORLOOP */:
          {
            const value = stack[ra + 1];
            if (value !== undefined) {
              stack[ra] = value;
              const target = wide[pc - 1]!;
              const distance = pc - target;
              pc = target;
              meter.fuel -= distance;
              if (meter.fuel < 0) {
                frame.pc = pc;
                if (pause(thread)) return;
              }
            }
            continue;
          }
        case 43 /* SETLIST */:
          {
            const counts = wide[pc - 1]!;
            const b = counts & 0xffff;
            let batch = counts >>> 16;
            if (batch === 0) batch = wide[pc++]!;
            const count = b !== 0 ? b : thread.top - ra - 1;
            (stack[ra] as Table).setList((batch - 1) * 50 + 1, stack, ra + 1, count);
            continue;
          }
        case 44 /* CLOSURE */:
          {
            const proto = closure.proto.protos[wide[pc - 1]!]!;
            const sources = proto.upvalues;
            const captured: Upvalue[] = new Array(sources.length);
            for (let at = 0; at < sources.length; at++) {
              const source = sources[at]!;
              captured[at] = source.isLocal
                ? findUpvalue(thread, base + source.index)
                : upvalues[source.index]!;
            }
            stack[ra] = new LuaClosure(proto, captured);
            continue;
          }
        case 45 /* VARARG */:
          {
            const wanted = (wide[pc - 1]! & 0xffff) - 1;
            const parameters = closure.proto.parameters;
            const first = frame.func + 1 + parameters;
            const available = Math.max(0, base - first);
            if (wanted < 0) {
              if (ra + available + 20 > stack.length) growStack(thread, ra + available + 20);
              for (let at = 0; at < available; at++) stack[ra + at] = stack[first + at];
              thread.top = ra + available;
            } else
              for (let at = 0; at < wanted; at++)
                stack[ra + at] = at < available ? stack[first + at] : undefined;
            continue;
          }
        default:
          throw new Error(`moonhub bug: instruction ${i & 255}`);
      }
      break;
    }
  }
}

/** An operator on two small integers; undefined when the general case must decide. */
function smallOperation(op: number, b: number, c: number): Value {
  switch (op) {
    case 13 /* ADD */:
      return b + c;
    case 14 /* SUB */:
      return b - c;
    case 19 /* IDIV */:
      return c === 0 ? undefined : Math.floor(b / c) + 0;
    case 17 /* POW */:
      return toFloatValue(powDoubles(b, c));
    case 20 /* BAND */:
      return b & c;
    case 21 /* BOR */:
      return b | c;
    case 22 /* BXOR */:
      return b ^ c;
    case 23 /* SHL */:
      return c >= 0 && c < 21 ? b * 2 ** c + 0 : undefined;
    case 24 /* SHR */:
      return b >= 0 && c >= 0 && c < 32 ? b >>> c : undefined;
    default:
      return undefined;
  }
}

/** A float operator; bit operators answer an integral number, which the caller leaves to the general case. */
function floatOperation(op: number, b: number, c: number): number {
  switch (op) {
    case 13 /* ADD */:
      return b + c;
    case 14 /* SUB */:
      return b - c;
    case 17 /* POW */:
      return powDoubles(b, c);
    default:
      return 0;
  }
}
