/** pino behind the log port. */
import { type DestinationStream, type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Log, LogFields, LogLevel } from '../base/index.ts';

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
  const sink: DestinationStream =
    options.encoding === 'json'
      ? { write: (line: string) => void destination.write(line) }
      : PinoPretty({
          colorize: options.color === true,
          destination: destination as NodeJS.WritableStream & { fd: number },
          ignore: 'pid,hostname,logger',
          messageFormat: '{if logger}[{logger}] {end}{msg}',
          singleLine: true,
          sync: true,
          translateTime: 'SYS:HH:MM:ss.l',
        });
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
