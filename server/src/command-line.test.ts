import { expect, test } from 'vitest';
import { parseCommand } from './command-line.ts';

test.each([
  [[], { command: 'start' }],
  [['start'], { command: 'start' }],
  [['--help'], { command: 'help' }],
  [['-h'], { command: 'help' }],
  [['--version'], { command: 'version' }],
  [['backup'], { command: 'backup', file: undefined }],
  [['backup', '--to', 'b.zip'], { command: 'backup', file: 'b.zip' }],
  [['verify', 'b.zip'], { command: 'verify', file: 'b.zip' }],
  [['restore', 'b.zip'], { command: 'restore', file: 'b.zip' }],
])('%j is %j', (words, asked) => expect(parseCommand(words)).toEqual(asked));

test.each([[['back-up']], [['--port', '80']], [['start', 'now']], [['--version', '--help']], [['']], [['toString']]])(
  '%j starts nothing and is told what there is',
  (words) => {
    expect(() => parseCommand(words)).toThrow(/Commands: start, help, --help/);
  },
);

test.each([
  [['backup', 'b.zip'], 'backup takes --to FILE'],
  [['backup', '--to'], '--to needs the name of a file'],
  [['backup', '--to', 'b.zip', 'c.zip'], 'nothing after --to b.zip, not "c.zip"'],
  [['restore'], 'restore needs the file of a backup'],
  [['verify', 'b.zip', 'c.zip'], 'verify takes one file, not "c.zip" too'],
])('%j is told what it lacks', (words, why) => expect(() => parseCommand(words)).toThrow(why));
