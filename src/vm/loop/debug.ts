/**
 * Where an error happened and what the values in it are called (`vm.md` § 4): positions, variable names found by
 * looking at the instructions that led there (as PUC's ldebug.c), and stack traces.
 */
import { OP } from '../compiler/opcodes.ts';
import { FRAME, type Frame, hostFunctionName, type Proto, type Thread } from '../value/value.ts';

/** One line of a stack trace. */
export interface TraceFrame {
  /** Chunk name (entry ID), or `[host]` for functions of ours. */
  readonly source: string;
  /** Line in the source; -1 for functions of ours. */
  readonly line: number;
  /** Name the function was called by, or ''. */
  readonly name: string;
}

/** Line a Lua frame is at. */
export function currentLine(frame: Frame): number {
  const proto = frame.closure!.proto;
  return proto.lines[currentPc(frame)] ?? proto.firstLine;
}

function currentPc(frame: Frame): number {
  return Math.max(0, frame.pc - 1);
}

/** `chunk:line: ` of the function at a level (0 = the running one), or '' for functions of ours. */
export function positionAt(thread: Thread, level: number): string {
  let frame: Frame | null = thread.frame;
  for (let i = 0; i < level && frame !== null; i++) frame = frame.previous;
  return frame === null || frame.closure === null
    ? ''
    : `${frame.closure.proto.source}:${currentLine(frame)}: `;
}

/** Frames of a thread, innermost first, from `level` on, at most `max`. */
export function traceFrames(thread: Thread, level: number, max: number): TraceFrame[] {
  const frames: TraceFrame[] = [];
  let frame: Frame | null = thread.frame;
  for (let i = 0; i < level && frame !== null; i++) frame = frame.previous;
  for (; frame?.previous && frames.length < max; frame = frame.previous) {
    const name = functionName(frame)?.name ?? (frame.host === null ? '' : hostFunctionName(frame.host));
    if (frame.closure !== null)
      frames.push({ source: frame.closure.proto.source, line: currentLine(frame), name });
    else if (frame.host !== null) frames.push({ source: '[host]', line: -1, name });
  }
  return frames;
}

/** What something is called and what kind of name that is. */
export interface NameInfo {
  readonly kind: string;
  readonly name: string;
}

/** How the function of a frame was named where it was called. */
export function functionName(frame: Frame): NameInfo | undefined {
  const caller = frame.previous;
  if (caller === null || caller.closure === null) return undefined;
  if ((frame.flags & (FRAME.fresh | FRAME.base | FRAME.tail)) !== 0) return undefined;
  const proto = caller.closure.proto;
  const pc = currentPc(caller);
  const instruction = proto.raw[pc]!;
  const op = opOf(instruction);
  if (op === OP.CALL || op === OP.TAILCALL) return registerName(proto, pc, aOf(instruction));
  if (op === OP.TFORCALL) return { kind: 'for iterator', name: 'for iterator' };
  const event = METAMETHODS[op];
  return event === undefined ? undefined : { kind: 'metamethod', name: event };
}

const METAMETHODS: Readonly<Record<number, string>> = {
  [OP.SELF]: '__index',
  [OP.GETTABUP]: '__index',
  [OP.GETTABLE]: '__index',
  [OP.SETTABUP]: '__newindex',
  [OP.SETTABLE]: '__newindex',
  [OP.ADD]: '__add',
  [OP.SUB]: '__sub',
  [OP.MUL]: '__mul',
  [OP.MOD]: '__mod',
  [OP.POW]: '__pow',
  [OP.DIV]: '__div',
  [OP.IDIV]: '__idiv',
  [OP.BAND]: '__band',
  [OP.BOR]: '__bor',
  [OP.BXOR]: '__bxor',
  [OP.SHL]: '__shl',
  [OP.SHR]: '__shr',
  [OP.UNM]: '__unm',
  [OP.BNOT]: '__bnot',
  [OP.LEN]: '__len',
  [OP.CONCAT]: '__concat',
  [OP.EQ]: '__eq',
  [OP.LT]: '__lt',
  [OP.LE]: '__le',
};

const IS_CONSTANT = 256;
const opOf = (instruction: number): number => instruction & 63;
const aOf = (instruction: number): number => (instruction >>> 6) & 255;
const bOf = (instruction: number): number => (instruction >>> 23) & 511;
const cOf = (instruction: number): number => (instruction >>> 14) & 511;
const bxOf = (instruction: number): number => (instruction >>> 14) & 262143;
const jumpOf = (instruction: number): number => bxOf(instruction) - 131071;

/** ` (local 'x')` for the value an instruction's operand came from, or ''. `operand` as in the raw instruction. */
export function operandInfo(frame: Frame, operand: number): string {
  const proto = frame.closure!.proto;
  if ((operand & IS_CONSTANT) !== 0) return '';
  return describe(registerName(proto, currentPc(frame), operand));
}

/** ` (upvalue 'x')`. */
export function upvalueInfo(frame: Frame, index: number): string {
  return ` (upvalue '${frame.closure!.proto.upvalues[index]?.name ?? '?'}')`;
}

function describe(info: NameInfo | undefined): string {
  return info === undefined ? '' : ` (${info.kind} '${info.name}')`;
}

/** B and C of the instruction a frame is at, as Fengari encodes them (with the constant bit). */
export function rawOperands(frame: Frame): { a: number; b: number; c: number } {
  const instruction = frame.closure!.proto.raw[currentPc(frame)]!;
  return { a: aOf(instruction), b: bOf(instruction), c: cOf(instruction) };
}

function localName(proto: Proto, number: number, pc: number): string | undefined {
  let left = number;
  for (const local of proto.locals) {
    if (local.startPc > pc) break;
    if (pc < local.endPc && --left === 0) return local.name;
  }
  return undefined;
}

function registerName(proto: Proto, lastPc: number, register: number): NameInfo | undefined {
  const local = localName(proto, register + 1, lastPc);
  if (local !== undefined) return { kind: 'local', name: local };
  const pc = findSetter(proto, lastPc, register);
  if (pc < 0) return undefined;
  const instruction = proto.raw[pc]!;
  switch (opOf(instruction)) {
    case OP.MOVE: {
      const from = bOf(instruction);
      return from < aOf(instruction) ? registerName(proto, pc, from) : undefined;
    }
    case OP.GETTABUP: {
      const table = proto.upvalues[bOf(instruction)]?.name;
      return { kind: table === '_ENV' ? 'global' : 'field', name: keyName(proto, pc, cOf(instruction)) };
    }
    case OP.GETTABLE: {
      const table = localName(proto, bOf(instruction) + 1, pc);
      return { kind: table === '_ENV' ? 'global' : 'field', name: keyName(proto, pc, cOf(instruction)) };
    }
    case OP.GETUPVAL:
      return { kind: 'upvalue', name: proto.upvalues[bOf(instruction)]?.name ?? '?' };
    case OP.LOADK:
    case OP.LOADKX: {
      const at = opOf(instruction) === OP.LOADK ? bxOf(instruction) : proto.wide[pc + 1]!;
      const constant = proto.constants[at];
      return typeof constant === 'string' ? { kind: 'constant', name: constant } : undefined;
    }
    case OP.SELF:
      return { kind: 'method', name: keyName(proto, pc, cOf(instruction)) };
    default:
      return undefined;
  }
}

function keyName(proto: Proto, pc: number, operand: number): string {
  if ((operand & IS_CONSTANT) !== 0) {
    const constant = proto.constants[operand & 255];
    return typeof constant === 'string' ? constant : '?';
  }
  const info = registerName(proto, pc, operand);
  return info !== undefined && info.kind === 'constant' ? info.name : '?';
}

/** The last instruction before `lastPc` that surely set a register, or -1. */
function findSetter(proto: Proto, lastPc: number, register: number): number {
  let setter = -1;
  let jumpTarget = 0;
  for (let pc = 0; pc < lastPc; pc++) {
    const instruction = proto.raw[pc]!;
    const op = opOf(instruction);
    const a = aOf(instruction);
    let sets = false;
    if (op === OP.LOADNIL) sets = a <= register && register <= a + bOf(instruction);
    else if (op === OP.TFORCALL) sets = register >= a + 2;
    else if (op === OP.CALL || op === OP.TAILCALL) sets = register >= a;
    else if (op === OP.JMP) {
      const target = pc + 1 + jumpOf(instruction);
      if (pc < target && target <= lastPc && target > jumpTarget) jumpTarget = target;
    } else sets = SETS_A.has(op) && register === a;
    if (sets) setter = pc < jumpTarget ? -1 : pc;
  }
  return setter;
}

const SETS_A = new Set<number>([
  OP.MOVE,
  OP.LOADK,
  OP.LOADKX,
  OP.LOADBOOL,
  OP.GETUPVAL,
  OP.GETTABUP,
  OP.GETTABLE,
  OP.NEWTABLE,
  OP.SELF,
  OP.ADD,
  OP.SUB,
  OP.MUL,
  OP.MOD,
  OP.POW,
  OP.DIV,
  OP.IDIV,
  OP.BAND,
  OP.BOR,
  OP.BXOR,
  OP.SHL,
  OP.SHR,
  OP.UNM,
  OP.BNOT,
  OP.NOT,
  OP.LEN,
  OP.CONCAT,
  OP.TESTSET,
  OP.FORLOOP,
  OP.FORPREP,
  OP.TFORLOOP,
  OP.CLOSURE,
  OP.VARARG,
]);
