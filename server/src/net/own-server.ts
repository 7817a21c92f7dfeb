// Asks the server of this installation that runs on this machine.

/** Where it listens, as its own settings say; an address that stands for all of them is reached by loopback. */
interface Listening {
  readonly host: string;
  readonly port: number;
}

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/** The JSON of its answer, and its status. Rejects where nobody answers. */
export async function askOwnServer(
  { host, port }: Listening,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const name = EVERYWHERE.has(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const answer = await fetch(`http://${name}:${port}${path}`, { method: 'POST', headers, redirect: 'error' });
  return { status: answer.status, body: await answer.json().catch(() => undefined) };
}
