/**
 * Source text to functions: Fengari's parser and code generator, then one pass that turns each of its
 * instructions into one of ours (opcodes.ts).
 */
import type { Chunk } from '../value/api.ts';
import { toFloatValue } from '../value/number.ts';
import { Proto, type Value } from '../value/value.ts';
import { fengariModule } from './fengari.ts';
import { B_CONSTANT, C_CONSTANT, OP } from './opcodes.ts';
import { CompilerFailure, type CompilerState } from './replacements.ts';

/** The source is not Lua. `message` is PUC's, with chunk name and line; `reason` is the part after them. */
export class LuaSyntaxError extends Error {
  readonly line: number;
  readonly reason: string;
  /** From 1, where it is known. */
  readonly column: number | undefined;
  constructor(message: string, line: number, reason: string, column?: number) {
    super(message);
    this.name = 'LuaSyntaxError';
    this.line = line;
    this.reason = reason;
    this.column = column;
  }
}

/**
 * Compiles text.
 * @param chunkName shown in messages as it is.
 * @throws LuaSyntaxError
 */
export function compile(source: string, chunkName: string): Chunk {
  return compileBytes(Buffer.from(source, 'utf8'), chunkName);
}

/** Compiles bytes; precompiled code is refused like any other text that is not Lua. */
export function compileBytes(source: Uint8Array, chunkName: string): Chunk {
  const proto = translate(parse(source, chunkName), chunkName);
  return { chunkName, proto } as unknown as Chunk;
}

/** The function behind a chunk. */
export function chunkProto(chunk: Chunk): Proto {
  return (chunk as unknown as { proto: Proto }).proto;
}

interface FengariInstruction {
  readonly code: number;
  readonly opcode: number;
  readonly A: number;
  readonly B: number;
  readonly C: number;
  readonly Bx: number;
  readonly Ax: number;
  readonly sBx: number;
}

interface FengariName {
  readonly realstring: Uint8Array;
}

interface FengariProto {
  readonly code: readonly FengariInstruction[];
  readonly k: readonly { readonly type: number; readonly value: unknown }[];
  readonly p: readonly FengariProto[];
  readonly lineinfo: readonly number[];
  readonly upvalues: readonly {
    readonly instack: boolean | number;
    readonly idx: number;
    readonly name: FengariName;
  }[];
  readonly locvars: readonly {
    readonly varname: FengariName;
    readonly startpc: number;
    readonly endpc: number;
  }[];
  readonly numparams: number;
  readonly is_vararg: boolean;
  readonly maxstacksize: number;
  readonly linedefined: number;
}

type Parser = (
  L: unknown,
  input: unknown,
  buffer: unknown,
  dynamic: unknown,
  name: Uint8Array,
  first: number,
) => { readonly p: FengariProto };

function parse(source: Uint8Array, chunkName: string): FengariProto {
  const { luaY_parser, Dyndata } = fengariModule('lparser') as unknown as {
    luaY_parser: Parser;
    Dyndata: new () => { actvar: { n: number }; gt: { n: number }; label: { n: number } };
  };
  const { ZIO, MBuffer } = fengariModule('lzio') as unknown as {
    ZIO: new (L: unknown, reader: () => Uint8Array | null, data: null) => { zgetc(): number };
    MBuffer: new () => unknown;
  };
  const L = createCompilerState();
  let isRead = false;
  const input = new ZIO(
    L,
    () => {
      if (isRead) return null;
      isRead = true;
      return skipShebang(source);
    },
    null,
  );
  const dynamic = new Dyndata();
  dynamic.actvar.n = 0;
  dynamic.gt.n = 0;
  dynamic.label.n = 0;
  const name = Buffer.from(`=${chunkName}`, 'utf8');
  try {
    return luaY_parser(L, input, new MBuffer(), dynamic, new Uint8Array(name), input.zgetc()).p;
  } catch (thrown) {
    if (!(thrown instanceof CompilerFailure)) throw thrown;
    throw toSyntaxError(thrown, chunkName);
  }
}

function toSyntaxError(failure: CompilerFailure, chunkName: string): LuaSyntaxError {
  const message = Buffer.from(failure.message, 'latin1').toString('utf8');
  const prefix = `${chunkName}:${failure.line}: `;
  const reason = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  return new LuaSyntaxError(message, failure.line, reason);
}

/** A first line starting with `#` is not Lua; its newline stays so that lines keep their numbers. */
function skipShebang(source: Uint8Array): Uint8Array {
  const isMarked = source[0] === 0xef && source[1] === 0xbb && source[2] === 0xbf;
  const text = isMarked ? source.subarray(3) : source;
  if (text[0] !== 35) return text;
  const end = text.indexOf(10);
  return end < 0 ? new Uint8Array(0) : text.subarray(end);
}

/** What of a lua_State the parser touches. */
function createCompilerState(): CompilerState & Record<string, unknown> {
  return {
    message: '',
    line: 0,
    l_G: { id_counter: 0 },
    stack: [],
    stack_last: Number.MAX_SAFE_INTEGER,
    top: 0,
    nCcalls: 0,
  };
}

const latin1 = (name: FengariName): string => Buffer.from(name.realstring).toString('latin1');

function translate(from: FengariProto, source: string): Proto {
  const to = new Proto();
  to.source = source;
  to.firstLine = from.linedefined;
  to.parameters = from.numparams;
  to.isVararg = from.is_vararg;
  to.maxStack = from.maxstacksize;
  to.lines = Int32Array.from(from.lineinfo);
  to.constants = from.k.map(toValue);
  to.upvalues = from.upvalues.map((it) => ({
    name: latin1(it.name),
    isLocal: Boolean(it.instack),
    index: it.idx,
  }));
  to.locals = from.locvars.map((it) => ({
    name: latin1(it.varname),
    startPc: it.startpc,
    endPc: it.endpc,
  }));
  to.protos = from.p.map((it) => translate(it, source));
  const size = from.lineinfo.length;
  to.code = new Int32Array(size);
  to.wide = new Int32Array(size);
  to.raw = Int32Array.from(from.code.slice(0, size), (it) => it.code);
  for (let pc = 0; pc < size; pc++) translateInstruction(from.code[pc]!, pc, to);
  return to;
}

const NIL_TAG = 0;
const FLOAT_TAG = 3;
const STRING_TAG = 4;

function toValue(constant: { type: number; value: unknown }): Value {
  if (constant.type === NIL_TAG) return undefined;
  if (constant.type === FLOAT_TAG) return toFloatValue(constant.value as number);
  if ((constant.type & 15) === STRING_TAG) return intern(latin1(constant.value as FengariName));
  return constant.value as Value;
}

/** The one copy of a short literal: V8 keeps property keys unique, so comparing two of them is one pointer. */
function intern(text: string): string {
  return text.length > 64 ? text : Object.keys({ [text]: 0 })[0]!;
}

const IS_CONSTANT = 256;

function translateInstruction(from: FengariInstruction, pc: number, to: Proto): void {
  const k = to.constants;
  let op = from.opcode;
  let { A } = from;
  let B = 0;
  let C = 0;
  let wide = 0;
  const bConstant = (from.B & IS_CONSTANT) !== 0;
  const cConstant = (from.C & IS_CONSTANT) !== 0;
  switch (op) {
    case OP.LOADK:
      wide = from.Bx;
      break;
    case OP.CLOSURE:
      wide = from.Bx;
      break;
    case OP.EXTRAARG:
      wide = from.Ax;
      break;
    case OP.JMP:
    case OP.FORLOOP:
    case OP.FORPREP:
    case OP.TFORLOOP:
      wide = pc + 1 + from.sBx;
      break;
    case OP.CALL:
    case OP.TAILCALL:
    case OP.RETURN:
    case OP.VARARG:
    case OP.SETLIST:
    case OP.TFORCALL:
      // Counts may reach 256 and more: they do not fit 8 bits.
      B = from.B & 255;
      C = from.C & 255;
      wide = from.B | (from.C << 16);
      break;
    case OP.LOADNIL:
    case OP.LOADBOOL:
    case OP.MOVE:
    case OP.GETUPVAL:
    case OP.SETUPVAL:
    case OP.NEWTABLE:
    case OP.TEST:
    case OP.TESTSET:
    case OP.UNM:
    case OP.BNOT:
    case OP.NOT:
    case OP.LEN:
    case OP.CONCAT:
      B = from.B & 255;
      C = from.C & 255;
      break;
    default: {
      B = from.B & 255;
      C = from.C & 255;
      wide = (bConstant ? B_CONSTANT : 0) | (cConstant ? C_CONSTANT : 0);
      const kb = bConstant ? k[B] : undefined;
      const kc = cConstant ? k[C] : undefined;
      const special = specialize(op, bConstant, cConstant, kb, kc);
      if (special !== op) {
        op = special;
        wide = 0;
      }
    }
  }
  if (op === OP.JMP || op === OP.RETURN) A = from.A;
  to.code[pc] = op | ((A & 255) << 8) | (B << 16) | (C << 24);
  to.wide[pc] = wide;
}

function specialize(op: number, bConstant: boolean, cConstant: boolean, kb: Value, kc: Value): number {
  switch (op) {
    case OP.GETTABLE:
      if (!cConstant) return OP.GETINDEX;
      return typeof kc === 'string' ? OP.GETFIELD : op;
    case OP.GETTABUP:
      return cConstant && typeof kc === 'string' ? OP.GETGLOBAL : op;
    case OP.SETTABLE:
      if (!bConstant) return cConstant ? op : OP.SETINDEX;
      if (typeof kb !== 'string') return op;
      return cConstant ? OP.SETFIELDK : OP.SETFIELD;
    case OP.SELF:
      return cConstant && typeof kc === 'string' ? OP.METHOD : op;
    case OP.ADD:
      if (!bConstant && !cConstant) return OP.ADDRR;
      return !bConstant && isSmall(kc) ? OP.ADDK : op;
    case OP.SUB:
      if (!bConstant && !cConstant) return OP.SUBRR;
      return !bConstant && isSmall(kc) ? OP.SUBK : op;
    case OP.MUL:
      return !bConstant && !cConstant ? OP.MULRR : op;
    case OP.LT:
      return !bConstant && !cConstant ? OP.LTRR : op;
    case OP.LE:
      return !bConstant && !cConstant ? OP.LERR : op;
    case OP.EQ:
      if (bConstant || !cConstant) return op;
      return typeof kc === 'string' || typeof kc === 'boolean' || kc === undefined ? OP.EQK : op;
    default:
      return op;
  }
}

function isSmall(value: Value): boolean {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 30;
}
