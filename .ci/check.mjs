// `npm run check`: what a change must pass. With --changed only what differs from the main branch is linted and tested;
// `--changed=<commit>` compares with another. Everything else goes to vitest.

import { execFileSync, spawnSync } from 'node:child_process';

/** They look at every file of the tree, so no import says when they are due. */
const wholeTree = ['docs/references.test.ts', 'walls/walls.test.ts'];

const args = process.argv.slice(2);
const changed = args.find((arg) => /^--changed(=|$)/.test(arg));
const others = args.filter((arg) => arg !== changed);
const base = changed === undefined ? undefined : baseOf(changed.split('=')[1]);
const files = base === undefined ? [] : changedFiles(base);

if (base === undefined) run('biome', ['check']);
else if (files.length > 0) run('biome', ['check', '--no-errors-on-unmatched', ...files]);
run('node', ['walls/main.ts']);
// Types are checked whole: a change breaks code that it does not touch. `tsc -b` knows what is still good.
run('tsc', ['-b']);
run('tsc', ['-p', 'console']);
run('tsc', ['-p', 'e2e']);
run('tsc', ['-p', 'bench']);
run('tsc', ['-p', 'walls']);
run('vitest', ['run', ...(base === undefined ? [] : ['--changed', base, '--passWithNoTests']), ...others]);
if (base !== undefined) run('vitest', ['run', '--project', 'unit', ...wholeTree]);

/** Where this branch left the main one, or the commit that was named. */
function baseOf(named) {
  const names = named ? [named] : ['origin/main', 'main'];
  for (const name of names) {
    const { status, stdout } = spawnSync('git', ['merge-base', 'HEAD', name], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  console.error(`--changed: git knows no ${names.join(' and no ')} to compare with; name a commit: --changed=<commit>`);
  process.exit(1);
}

/** Against the work tree, new files too. */
function changedFiles(commit) {
  const diff = git('diff', '--name-only', '-z', '--diff-filter=d', commit);
  return [...new Set([...diff, ...git('ls-files', '--others', '--exclude-standard', '-z')])];
}

function git(...words) {
  return execFileSync('git', words, { encoding: 'utf8' }).split('\0').filter(Boolean);
}

function run(command, words) {
  const { status, error } = spawnSync(command, words, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) console.error(`${command} could not be started: ${error.message}. Run this by npm run check.`);
  if (status !== 0) process.exit(status ?? 1);
}
