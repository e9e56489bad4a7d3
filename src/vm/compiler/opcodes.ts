/**
 * The instruction set: PUC Lua 5.3's, with operand kinds resolved when a function is compiled. Order of the first
 * 47 is Fengari's (`lopcodes.js`); one instruction of theirs is always one of ours, so program counters agree.
 *
 * A word is `op | A << 8 | B << 16 | C << 24`. `wide[pc]` holds, per kind of instruction: the constant index
 * (LOADK), the target (jumps and loops), the flags B_CONSTANT | C_CONSTANT (operators), or the slot where the
 * field was found last (GETFIELD and its kin).
 */
export const OP = {
  MOVE: 0,
  LOADK: 1,
  LOADKX: 2,
  LOADBOOL: 3,
  LOADNIL: 4,
  GETUPVAL: 5,
  GETTABUP: 6,
  GETTABLE: 7,
  SETTABUP: 8,
  SETUPVAL: 9,
  SETTABLE: 10,
  NEWTABLE: 11,
  SELF: 12,
  ADD: 13,
  SUB: 14,
  MUL: 15,
  MOD: 16,
  POW: 17,
  DIV: 18,
  IDIV: 19,
  BAND: 20,
  BOR: 21,
  BXOR: 22,
  SHL: 23,
  SHR: 24,
  UNM: 25,
  BNOT: 26,
  NOT: 27,
  LEN: 28,
  CONCAT: 29,
  JMP: 30,
  EQ: 31,
  LT: 32,
  LE: 33,
  TEST: 34,
  TESTSET: 35,
  CALL: 36,
  TAILCALL: 37,
  RETURN: 38,
  FORLOOP: 39,
  FORPREP: 40,
  TFORCALL: 41,
  TFORLOOP: 42,
  SETLIST: 43,
  CLOSURE: 44,
  VARARG: 45,
  EXTRAARG: 46,
  /** `R(A) = R(B)[K(C)]`, the key a string. */
  GETFIELD: 47,
  /** `R(A) = U(B)[K(C)]`, the key a string: mostly a global. */
  GETGLOBAL: 48,
  /** `R(A)[K(B)] = R(C)`, the key a string. */
  SETFIELD: 49,
  /** `R(A)[K(B)] = K(C)`, the key a string. */
  SETFIELDK: 50,
  /** `R(A+1) = R(B); R(A) = R(B)[K(C)]`, the key a string. */
  METHOD: 51,
  /** `R(A) = R(B) + K(C)`, the constant a small integer. */
  ADDK: 52,
  /** `R(A) = R(B) - K(C)`, the constant a small integer. */
  SUBK: 53,
  /** `R(A)[R(B)] = R(C)`. */
  SETINDEX: 54,
  /** `R(A) = R(B)[R(C)]`. */
  GETINDEX: 55,
  /** `if ((R(B) == K(C)) ~= A) pc++`, the constant a string, boolean or nil. */
  EQK: 56,
  /** ADD, SUB, MUL with two registers. */
  ADDRR: 57,
  SUBRR: 58,
  MULRR: 59,
  LTRR: 60,
  LERR: 61,
} as const;

export const B_CONSTANT = 1;
export const C_CONSTANT = 2;
