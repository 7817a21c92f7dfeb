// One log: lines for people on a terminal, JSON for everything else. Credentials never reach it.

import { LRUCache } from 'lru-cache';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

const secretHeaders = ['authorization', 'capgkey', '["x-api-key"]', 'cookie', '["set-cookie"]'];

export type Log = Logger;

/** The same complaint again within this time is counted instead of written. */
const QUIET_MS = 1_000;
const MAX_CAUSES = 1_000;

/** A hook for pino: a database that is away fails a thousand requests a second, and one line says so. */
function limitRepetition(nowMs: () => number) {
  const causes = new LRUCache<string, { writtenAtMs: number; repeated: number }>({ max: MAX_CAUSES });
  return function logMethod(this: Logger, args: unknown[], write: (...args: never[]) => void, level: number): void {
    if (level < 40) return void write.apply(this, args as never[]);
    const cause = causeOf(args);
    const known = causes.get(cause);
    if (known !== undefined && nowMs() - known.writtenAtMs < QUIET_MS) {
      known.repeated++;
      return;
    }
    causes.set(cause, { writtenAtMs: nowMs(), repeated: 0 });
    const [first, ...rest] = args;
    const repeated = known?.repeated;
    if (!repeated) write.apply(this, args as never[]);
    else if (typeof first === 'string') write.apply(this, [{ repeated }, ...args] as never[]);
    else if (first instanceof Error) write.apply(this, [{ err: first, repeated }, ...rest] as never[]);
    else write.apply(this, [{ ...(first as object), repeated }, ...rest] as never[]);
  };
}

/** The message of a line and the name of its error. */
function causeOf(args: readonly unknown[]): string {
  const [first] = args;
  const error = (first instanceof Error ? first : (first as { err?: unknown } | null)?.err) as
    | NodeJS.ErrnoException
    | undefined;
  const sentence = args.find((each) => typeof each === 'string') ?? '';
  return `${sentence}\n${error?.code ?? ''}\n${error?.message ?? ''}`;
}

/** `to` and `nowMs` are there for tests. */
export function openLog(
  level: string,
  forPeople: boolean,
  { to, nowMs = () => performance.now() }: { to?: DestinationStream; nowMs?: () => number } = {},
): Logger {
  const options: LoggerOptions = {
    level,
    hooks: { logMethod: limitRepetition(nowMs) as NonNullable<LoggerOptions['hooks']>['logMethod'] & object },
    redact: {
      paths: secretHeaders.flatMap((name) => {
        const tail = name.startsWith('[') ? name : `.${name}`;
        return [`req.headers${tail}`, `headers${tail}`];
      }),
      censor: '(hidden)',
    },
    // Fastify's default prints the URL with its query; signatures and keys travel there.
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, path: loggedPath(url) }),
    },
  };
  if (to) return pino(options, to);
  if (!forPeople) return pino(options);
  return pino(options, PinoPretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss', sync: true }));
}

/** Without the query, and without the token of an invitation's page. */
const loggedPath = (url: string) => url.split('?', 1)[0]!.replace(/(\/ui\/invite\/)[^/]+/, '$1(hidden)');
