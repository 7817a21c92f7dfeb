// The promise to scripts, kept by every command of the tree: one JSON document, no question, no hang, no 0 for a failure.

import type { Argument, Command } from 'commander';
import { expect, it } from 'vitest';
import { inParallel } from './in-parallel.ts';
import { buildProgram } from './program.ts';
import { createUi } from './terminal/ui.ts';
import { aFolder, overair } from './testing/project.ts';

const AT_ONCE = 4;
// They need neither server nor project.
const ALWAYS_WORK = ['completion bash', 'key create', 'simulate'];

const ui = createUi({ json: true, yes: false, interactive: false, attended: false });
const program = buildProgram({ cwd: '/', env: {}, ui }, () => {});

function leaves(command: Command, path: string[] = []): { path: string[]; command: Command }[] {
  const children = command.commands.filter((child) => child.name() !== 'complete' && child.name() !== 'help');
  if (children.length === 0) return [{ path, command }];
  return children.flatMap((child) => leaves(child, [...path, child.name()]));
}

const wordFor = ({ argChoices, defaultValue }: Argument) => String(argChoices?.[0] ?? defaultValue ?? '5');

/** What must be given, and nothing else. */
function commandLine({ path, command }: { path: string[]; command: Command }): string[] {
  const args = command.registeredArguments.filter((argument) => argument.required).map(wordFor);
  const flags = command.options.filter((option) => option.mandatory && option.defaultValue === undefined);
  return [...path, ...args, ...flags.flatMap((option) => [option.long!, '1.0.0'])];
}

it('every command fails with one JSON document where there is neither project nor server', {
  timeout: 240_000,
}, async () => {
  const lines = leaves(program).map(commandLine);
  expect(lines.length).toBeGreaterThan(50);
  const outcomes = await inParallel(lines, AT_ONCE, async (line) => {
    const env = { OVERAIR_SERVER: 'http://127.0.0.1:9', OVERAIR_TOKEN: 'none', OVERAIR_APP_ID: 'com.example.none' };
    const { code, stdout } = await overair(aFolder({ 'home/.keep': '' }), [...line, '--json'], { env });
    const { error, message } = JSON.parse(stdout) as { error?: unknown; message?: unknown };
    return { line: line.join(' '), code, told: typeof error === 'string' && typeof message === 'string' };
  });
  const failures = outcomes.filter(({ line }) => !ALWAYS_WORK.includes(line));
  expect(failures.filter(({ code, told }) => code !== 1 || !told)).toEqual([]);
});
