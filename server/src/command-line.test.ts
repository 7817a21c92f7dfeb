import { expect, test } from 'vitest';
import { parseCommand } from './command-line.ts';

test.each([
  [[], 'start'],
  [['start'], 'start'],
  [['--help'], 'help'],
  [['-h'], 'help'],
  [['--version'], 'version'],
])('%j is %s', (words, command) => expect(parseCommand(words)).toBe(command));

test.each([[['backup']], [['--port', '80']], [['start', 'now']], [['--version', '--help']], [['']], [['toString']]])(
  '%j starts nothing and is told what there is',
  (words) => {
    expect(() => parseCommand(words)).toThrow(/Commands: start, help, --help/);
  },
);
