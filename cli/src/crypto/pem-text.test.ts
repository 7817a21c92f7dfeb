// A private key after every mistreatment that CI systems are known for: it is read, or told what arrived.

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyIdOf, publicPemOf, readPrivateKey } from './key-pair.ts';
import { normalizePem } from './pem-text.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (type: 'pkcs1' | 'pkcs8', passphrase?: string): string => {
  const sealed = passphrase ? { cipher: 'aes-256-cbc', passphrase } : {};
  return String(privateKey.export({ type, format: 'pem', ...sealed }));
};
const publicPem = String(publicKey.export({ type: 'pkcs1', format: 'pem' }));
const idOf = (key: KeyObject) => keyIdOf(publicPemOf(key));
const base64 = (text: string) => Buffer.from(text).toString('base64');
const wrapped = (text: string, at = 76) => text.replace(new RegExp(`.{${at}}`, 'g'), '$&\n');
const pkcs1 = pem('pkcs1');

const mistreatments: [string, (text: string) => string][] = [
  ['nothing', (text) => text],
  ['line ends as \\n', (text) => text.replaceAll('\n', '\\n')],
  ['line ends as \\n, and one real one', (text) => `${text.replaceAll('\n', '\\n')}\n`],
  [
    'half of them escaped',
    (text) =>
      text
        .split('\n')
        .map((line, at) => line + (at % 2 ? '\\n' : '\n'))
        .join(''),
  ],
  ['escaped twice', (text) => text.replaceAll('\n', '\\\\n')],
  ['line ends as \\r\\n', (text) => text.replaceAll('\n', '\\r\\n')],
  ['line ends of Windows', (text) => text.replaceAll('\n', '\r\n')],
  ['line ends of old Macs', (text) => text.replaceAll('\n', '\r')],
  ['line ends and backslashes', (text) => text.replaceAll('\n', '\\\n')],
  ['line ends lost', (text) => text.replaceAll('\n', '')],
  ['line ends became spaces', (text) => text.replaceAll('\n', ' ')],
  ['line ends became %0A', (text) => encodeURIComponent(text).replaceAll('%20', ' ')],
  ['an empty line after each', (text) => text.replaceAll('\n', '\n\n')],
  ['indented by YAML', (text) => text.replace(/^/gm, '      ')],
  ['indented by tabs', (text) => text.replace(/^/gm, '\t')],
  ['in double quotes', (text) => `"${text}"`],
  ['in single quotes, as JSON', (text) => `'${JSON.stringify(text)}'`],
  ['with a byte order mark', (text) => `\ufeff${text}`],
  ['in base64', base64],
  ['in base64 of many lines', (text) => wrapped(base64(text))],
  ['in base64 twice', (text) => base64(`${base64(text)}\n`)],
  ['in base64, quoted, with an escaped end', (text) => `"${base64(text)}\\n"`],
  ['in base64 of what has escaped ends', (text) => base64(text.replaceAll('\n', '\\n'))],
  ['in base64 for URLs', (text) => Buffer.from(text).toString('base64url')],
  ['typographic dashes', (text) => text.replaceAll('-----', '—–')],
  ['after the public one', (text) => publicPem + text],
  ['with a comment above', (text) => `# the key of the app\n${text}`],
];

describe('readPrivateKey', () => {
  it.each(mistreatments)('reads it after: %s', (_what, mistreat) => {
    expect(idOf(readPrivateKey(mistreat(pkcs1)))).toBe(idOf(privateKey));
    expect(idOf(readPrivateKey(mistreat(pem('pkcs8'))))).toBe(idOf(privateKey));
    expect(idOf(readPrivateKey(mistreat(pem('pkcs8', 'word')), 'word'))).toBe(idOf(privateKey));
    expect(idOf(readPrivateKey(mistreat(pem('pkcs1', 'word')), 'word'))).toBe(idOf(privateKey));
  });

  it.each(['pkcs1', 'pkcs8'] as const)('reads the base64 of %s without its BEGIN and END', (type) => {
    const bare = privateKey.export({ type, format: 'der' }).toString('base64');
    expect(idOf(readPrivateKey(wrapped(bare, 64)))).toBe(idOf(privateKey));
  });

  it('reads it after any two mistreatments', () => {
    const some = mistreatments.filter(([what]) => !/public|comment|backslashes/.test(what));
    const unread = some.flatMap(([what, first]) =>
      some
        .filter(([, second]) => normalizePem(second(first(pkcs1))) !== pkcs1)
        .map(([whatThen]) => `${what}, then ${whatThen}`),
    );
    expect(unread).toEqual([]);
  });

  it('leaves a clean text as it is', () => {
    for (const clean of [pkcs1, pem('pkcs8'), pem('pkcs8', 'word'), pem('pkcs1', 'word'), publicPem]) {
      expect(normalizePem(clean)).toBe(clean);
    }
  });

  const secret = pkcs1.split('\n')[3]!;
  const broken: [string, string, RegExp][] = [
    ['nothing but blanks', ' \n ', /it is empty/],
    ['a key without its end', pkcs1.slice(0, 600), /600 characters in 10 lines.*BEGIN RSA PRIVATE KEY.*cut off/],
    ['the name of a variable', '$OVERAIR_KEY_X', /14 characters in 1 line.*variable that nobody replaced/],
    ['a path', './keys/overair.pem', /path of a file, which --key takes/],
    ['the public key', publicPem, /BEGIN RSA PUBLIC KEY/],
    ['a key of SSH', `-----BEGIN OPENSSH PRIVATE KEY-----\n${secret}\n-----END OPENSSH PRIVATE KEY-----`, /OPENSSH/],
    ['a part of it', secret, /base64 of something else, or like a part/],
    ['JSON', `{"key":"${secret}"}`, /like JSON/],
    ['other text', `hello ${secret}`, /other text/],
  ];
  it.each(broken)('tells what arrived, and never shows it: %s', (_what, text, message) => {
    const failure = failureOf(() => readPrivateKey(text));
    expect(failure).toMatchObject({ code: 'invalid_private_key', message: expect.stringMatching(message) });
    expect(JSON.stringify([failure.message, failure.hint, failure.stack])).not.toContain(secret.slice(0, 12));
  });

  it('tells a wrong passphrase from a broken key', () => {
    const failure = failureOf(() => readPrivateKey(pem('pkcs8', 'word'), 'other'));
    expect(failure.message).toMatch(/passphrase/);
  });
});

function failureOf(run: () => unknown): Error & { hint?: string } {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It was read.');
}
