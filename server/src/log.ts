// One log: lines for people on a terminal, JSON for everything else. Credentials never reach it.

import { type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

const secretHeaders = ['authorization', 'capgkey', '["x-api-key"]', 'cookie', '["set-cookie"]'];

export type Log = Logger;

export function openLog(level: string, forPeople: boolean): Logger {
  const options = {
    level,
    redact: {
      paths: secretHeaders.flatMap((name) => {
        const tail = name.startsWith('[') ? name : `.${name}`;
        return [`req.headers${tail}`, `headers${tail}`];
      }),
      censor: '(hidden)',
    },
    // Fastify's default prints the URL with its query; signatures and keys travel there.
    serializers: {
      req: (request: { method: string; url: string }) => ({ method: request.method, path: request.url.split('?')[0] }),
    },
  };
  if (!forPeople) return pino(options);
  return pino(options, PinoPretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss', sync: true }));
}
