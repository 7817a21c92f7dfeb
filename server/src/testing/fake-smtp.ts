// A mail server on a free port of this machine that speaks as much of RFC 5321 as a client needs.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface FakeSmtp {
  readonly port: number;
  /** What it took, as it came: header, empty line, text. */
  readonly mails: string[];
  /** Recipients, one for each mail. */
  readonly recipients: string[];
  /** Credentials that it was shown, decoded: `\0user\0password`. */
  readonly credentials: string[];
  /** What it answers to the next mails instead of taking them. */
  readonly refusals: string[];
  close(): Promise<void>;
}

export async function startFakeSmtp(): Promise<FakeSmtp> {
  const heard = {
    mails: [] as string[],
    recipients: [] as string[],
    credentials: [] as string[],
    refusals: [] as string[],
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    serve(socket, heard);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...heard,
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const ANSWERS: Record<string, string> = {
  EHLO: '250-fake.test\r\n250 AUTH PLAIN',
  AUTH: '235 welcome',
  DATA: '354 go on',
  QUIT: '221 bye',
};

type Heard = Pick<FakeSmtp, 'mails' | 'recipients' | 'credentials' | 'refusals'>;

function serve(socket: Socket, { mails, recipients, credentials, refusals }: Heard): void {
  const say = (line: string) => void socket.write(`${line}\r\n`);
  let buffered = '';
  let isData = false;
  socket.setEncoding('utf8').on('data', (chunk) => {
    buffered += chunk;
    for (;;) {
      const end = isData ? '\r\n.\r\n' : '\r\n';
      const at = buffered.indexOf(end);
      if (at < 0) return;
      const text = buffered.slice(0, at);
      buffered = buffered.slice(at + end.length);
      if (isData) take(text);
      else answer(text);
    }
  });
  say('220 fake.test ESMTP');

  function take(text: string): void {
    isData = false;
    const refusal = refusals.shift();
    if (refusal === undefined) mails.push(text);
    say(refusal ?? '250 taken');
  }

  function answer(line: string): void {
    const [verb = ''] = line.toUpperCase().split(' ');
    if (verb === 'AUTH') credentials.push(Buffer.from(line.split(' ')[2] ?? '', 'base64').toString());
    if (verb === 'RCPT') recipients.push(/<(.*)>/.exec(line)?.[1] ?? '');
    isData = verb === 'DATA';
    say(ANSWERS[verb] ?? '250 ok');
    if (verb === 'QUIT') socket.end();
  }
}
