// Completion of half-typed command lines, on the real tree of commands.

import { describe, expect, it } from 'vitest';
import { buildProgram } from '../program.ts';
import { createUi } from '../terminal/ui.ts';
import { findCandidates } from './candidates.ts';

const ui = createUi({ json: true, yes: false, interactive: false, attended: false });
const program = buildProgram({ cwd: '/', env: {}, ui }, () => {});

describe('findCandidates', () => {
  it.each([
    ['commands', ['bun'], ['bundle']],
    ['subcommands', ['bundle', 'up'], ['upload']],
    ['subcommands behind an alias', ['org', 'mem'], ['members']],
    ['flags', ['bundle', 'upload', '--delta'], ['--delta', '--delta-only']],
    ['flags that every command has', ['bundle', 'upload', '--js'], ['--json']],
    ['the values of a flag', ['bundle', 'upload', '--bump', 'm'], ['major', 'minor']],
    ['nothing where anything may stand', ['bundle', 'upload', '--path', ''], []],
    ['subcommands behind a flag with its value', ['--server', 'bundle', 'bundle', 'zi'], ['zip']],
  ])('%s', (_what, words, expected) => {
    expect(findCandidates(program, words)).toEqual(expected);
  });
});
