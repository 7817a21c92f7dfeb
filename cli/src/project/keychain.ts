// The passphrase of the private key in the keychain of the operating system, through the tool that comes with it.

import { spawn } from 'node:child_process';
import { CliError } from '../cli-error.ts';

const SERVICE = 'overair';
const LIMIT_MS = 60_000;

interface KeychainTool {
  command: string;
  find: (account: string) => string[];
  save: (account: string) => string[];
  /** What the tool reads the passphrase from. */
  input: (passphrase: string) => string;
}

const TOOLS: Partial<Record<NodeJS.Platform, KeychainTool>> = {
  darwin: {
    command: 'security',
    find: (account) => ['find-generic-password', '-s', SERVICE, '-a', account, '-w'],
    // `-w` as the last word asks for the passphrase, twice; as an argument other users could see it.
    save: (account) => ['add-generic-password', '-U', '-s', SERVICE, '-a', account, '-w'],
    input: (passphrase) => `${passphrase}\n${passphrase}\n`,
  },
  linux: {
    command: 'secret-tool',
    find: (account) => ['lookup', 'service', SERVICE, 'account', account],
    save: (account) => ['store', '--label', `Overair signing key ${account}`, 'service', SERVICE, 'account', account],
    input: (passphrase) => passphrase,
  },
};

/** Undefined when there is no keychain, or it does not know the account. */
export async function findPassphrase(account: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const tool = TOOLS[process.platform];
  if (!tool) return undefined;
  const { code, stdout } = await run(tool.command, tool.find(account), env);
  return code === 0 && stdout ? stdout.replace(/\n$/, '') : undefined;
}

export async function savePassphrase(account: string, passphrase: string, env: NodeJS.ProcessEnv): Promise<void> {
  const tool = TOOLS[process.platform];
  const { code } = tool ? await run(tool.command, tool.save(account), env, tool.input(passphrase)) : { code: -1 };
  if (code === 0) return;
  throw new CliError('no_keychain', `The keychain of this machine cannot be used${tool ? ` (${tool.command})` : ''}.`, {
    hint: 'Leave --keychain out, and set OVERAIR_KEY_PASSPHRASE where the key is used.',
  });
}

function run(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    // Not spawn's own timeout: for a tool that is missing its timer would hold the process until the end.
    setTimeout(() => child.kill(), LIMIT_MS).unref();
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    // A tool that is missing or leaves early is the same as one that knows nothing.
    child.stdin.on('error', () => {});
    child.on('error', () => resolve({ code: -1, stdout: '' }));
    child.on('close', (code) => resolve({ code, stdout }));
    child.stdin.end(input);
  });
}
