// Opens an address in the person's browser, where there is one to open.

import { spawn } from 'node:child_process';

type Opener = [program: string, ...args: string[]];

/** False when this machine has no browser that the person could see; a browser that fails later says so itself. */
export async function openBrowser(url: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const opener = findOpener(env);
  if (!opener) return false;
  const [program, ...args] = opener;
  return new Promise((resolve) => {
    // Detached and without our terminal: Ctrl-C ends the waiting, not the browser.
    const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore', env });
    child.on('error', () => resolve(false));
    child.on('spawn', () => resolve(true));
    child.unref();
  });
}

function findOpener(env: NodeJS.ProcessEnv): Opener | undefined {
  // The convention of Unix programs; `none` is ours, for machines that have one but should not use it.
  if (env.BROWSER) return env.BROWSER === 'none' ? undefined : [env.BROWSER];
  // Somebody who sits elsewhere would not see it.
  if (env.SSH_CONNECTION) return undefined;
  if (process.platform === 'darwin') return ['open'];
  // `start` is a word of the shell, which would read the & of an address; this is what it calls.
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME ? ['xdg-open'] : undefined;
}
