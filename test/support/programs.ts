/** Test-double programs and a small world to run them in: processes without Lua. */
import {
  type EntryId,
  type Failure,
  HubError,
  type Log,
  type LogFields,
  type NodeIdentity,
  type Pid,
} from '../../src/base/index.ts';
import {
  type LoadState,
  type Mail,
  type Outcome,
  type ProcessContext,
  ProcessSystem,
  type Program,
  type ProgramSource,
  type StepResult,
} from '../../src/process/index.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

/** What a scripted program does; everything is optional. */
export interface Script {
  /** Runs inside spawn. Throwing makes the spawn fail. */
  init?(self: ScriptedProgram): void;
  /** One slice of the load; throwing makes the start fail. Default: loaded. */
  load?(self: ScriptedProgram, atOnce: boolean): LoadState;
  /** Each message and event, in arrival order; a result other than `undefined` ends the step. */
  onMail?(mail: Mail, self: ScriptedProgram): StepResult | undefined;
  /** Replaces the mail loop. */
  step?(self: ScriptedProgram): StepResult;
  onClose?(self: ScriptedProgram): void;
}

/** A program whose behaviour is a script. Keeps what it read. */
export class ScriptedProgram implements Program {
  readonly entryId: string;
  readonly received: Mail[] = [];
  readonly script: Script;
  readonly imports: readonly string[];
  context!: ProcessContext;
  args: readonly unknown[] = [];
  steps = 0;
  closes = 0;

  constructor(script: Script = {}, entryId = 'test:program', imports: readonly string[] = []) {
    this.script = script;
    this.entryId = entryId;
    this.imports = imports;
  }

  get pid(): Pid {
    return this.context.pid;
  }

  init(context: ProcessContext, args: readonly unknown[]): void {
    this.context = context;
    this.args = args;
    this.script.init?.(this);
  }

  load(atOnce: boolean): LoadState {
    return this.script.load?.(this, atOnce) ?? 'loaded';
  }

  step(): StepResult {
    this.steps++;
    if (this.script.step !== undefined) return this.script.step(this);
    for (
      let mail = this.context.mailbox.takeNext();
      mail !== undefined;
      mail = this.context.mailbox.takeNext()
    ) {
      this.received.push(mail);
      const result = this.script.onMail?.(mail, this);
      if (result !== undefined) return result;
      if (this.context.isDoomed) break;
    }
    return { kind: 'waiting' };
  }

  close(): void {
    this.closes++;
    this.script.onClose?.(this);
  }

  dependencies(): Iterable<string> {
    return this.imports;
  }

  /** Topics of the messages read so far. */
  get topics(): string[] {
    return this.received.flatMap((mail) => (mail.kind === 'message' ? [mail.topic] : []));
  }

  /** Kinds of the lifecycle events read so far. */
  get events(): string[] {
    return this.received.flatMap((mail) => (mail.kind === 'message' ? [] : [mail.kind]));
  }
}

/** Step result of a program that ends normally. */
export function done(value?: unknown, tail = false): StepResult {
  return { kind: 'done', outcome: { ok: true, value }, tail };
}

/** Step result of a program that fails. */
export function fail(message: string, options: Partial<Failure> = {}): StepResult {
  const failure: Failure = { kind: 'Internal', message, retryable: undefined, ...options };
  return { kind: 'done', outcome: { ok: false, failure }, tail: false };
}

/** A program source over a table of makers. */
export class ProgramTable implements ProgramSource {
  readonly makers = new Map<string, () => Program>();

  open({ entryId }: { entryId: EntryId }): Program {
    const make = this.makers.get(entryId);
    if (make !== undefined) return make();
    throw new HubError('MH_PROCESS_ENTRY_NOT_FOUND', { message: `Cannot run '${entryId}': entry not found` });
  }
}

/** A log that remembers its lines. */
export function createLogDouble(): {
  log: Log;
  lines: { level: string; event: string; fields: LogFields }[];
} {
  const lines: { level: string; event: string; fields: LogFields }[] = [];
  const logWith = (bound: LogFields): Log => {
    const write =
      (level: string) =>
      (event: string, fields: LogFields = {}): void =>
        void lines.push({ level, event, fields: { ...bound, ...fields } });
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      isEnabled: () => true,
      with: (fields) => logWith({ ...bound, ...fields }),
    };
  };
  return { log: logWith({}), lines };
}

/** A process system on a fake clock, with one open host `test:host`. */
export interface ProcessWorld {
  readonly clock: FakeClock;
  readonly system: ProcessSystem;
  readonly source: ProgramTable;
  readonly lines: { level: string; event: string; fields: LogFields }[];
  /** Starts a scripted program on `test:host`. */
  start(script?: Script, options?: Partial<Parameters<ProcessSystem['spawnProgram']>[0]>): ScriptedProgram;
  /** Remembers how a process ends. */
  outcomeOf(program: ScriptedProgram): { outcome: Outcome | undefined };
}

/**
 * Builds the world.
 * @param node who it is among other nodes; default: nobody
 */
export function createProcessWorld(node?: NodeIdentity): ProcessWorld {
  const clock = createFakeClock();
  const { log, lines } = createLogDouble();
  const source = new ProgramTable();
  const system = new ProcessSystem({ clock, log, source, node });
  system.openHost('test:host');
  return {
    clock,
    system,
    source,
    lines,
    start(script = {}, options = {}) {
      const program = new ScriptedProgram(script);
      system.spawnProgram({ hostId: 'test:host', program, ...options });
      return program;
    },
    outcomeOf(program) {
      const seen: { outcome: Outcome | undefined } = { outcome: undefined };
      system.watch(program.pid, (outcome) => {
        seen.outcome = outcome;
      });
      return seen;
    },
  };
}
