/** pino behind the log port. */
import { type DestinationStream, type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { type Log, type LogFields, type LogLevel, printable, surviveErrors } from '../base/index.ts';

/** How log lines are written. */
export interface LogOptions {
  /** Least severity written. Default `info`. `silent` writes nothing. */
  readonly level?: LogLevel | 'silent';
  /** `console` for people (default), `json` for machines: one object a line. */
  readonly encoding?: 'console' | 'json';
  /** Colours in console lines. Default false. */
  readonly color?: boolean;
  /** Where bytes go. Default standard error: standard output belongs to programs. */
  readonly destination?: NodeJS.WritableStream;
}

/** Keys whose values never reach a log, at the top or one level down. */
const REDACTED = ['authorization', 'cookie', 'password', 'secret', 'token', 'metadata', 'payload', 'headers'];

/** Opens the log of a hub. */
export function createLog(options: LogOptions = {}): Log {
  const destination = options.destination ?? process.stderr;
  surviveErrors(destination);
  // Lines are made here and written here: a stream in between would listen to the destination once for every hub.
  const toText =
    options.encoding === 'json'
      ? (line: string) => line
      : prettyFactory({
          colorize: options.color === true,
          // `pid` is a Lua PID here, and a field like any other.
          ignore: 'pid,hostname',
          hideObject: true,
          messageFormat: formatForPeople,
          translateTime: 'SYS:HH:MM:ss.l',
        });
  const sink: DestinationStream = { write: (line: string) => void destination.write(toText(line)) };
  const root = pino(
    {
      base: null,
      level: options.level ?? 'info',
      redact: { paths: REDACTED.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    sink,
  );
  return wrap(root);
}

/** Event and fields on one line; code and stack below it. */
function formatForPeople(line: Record<string, unknown>, messageKey: string): string {
  const { level, time, logger, excerpt, stack, [messageKey]: event, ...fields } = line;
  const name = typeof logger === 'string' ? `[${logger}] ` : '';
  const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  const below = [excerpt, stack].filter((text) => typeof text === 'string');
  return [`${name}${withinItsLine(String(event))}${rest}`, ...below.map(indent)].join('\n');
}

/** What a program prints must not look like lines of ours or steer a terminal. */
function withinItsLine(text: string): string {
  return printable(text).replaceAll('\n', '\n    ');
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

function wrap(logger: Logger): Log {
  const write =
    (level: LogLevel) =>
    (event: string, fields?: LogFields): void => {
      if (fields === undefined) logger[level](event);
      else logger[level](fields, event);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    isEnabled: (level) => logger.isLevelEnabled(level),
    with: (fields) => wrap(logger.child(fields)),
  };
}
