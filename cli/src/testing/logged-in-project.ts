// A project whose commands speak to a stand-in server, logged in by their environment.

import { API_KEY, type FakeServer, startFakeServer } from './fake-server.ts';
import { APP_ID, aProject, type Outcome, overair } from './project.ts';

interface LoggedInProject {
  server: FakeServer;
  cwd: string;
  /** Runs a command with `--json`. */
  run: (args: string[], env?: Record<string, string>) => Promise<Outcome>;
}

/** The server knows the app already. */
export async function aLoggedInProject(files: Record<string, string | Uint8Array> = {}): Promise<LoggedInProject> {
  const server = await startFakeServer();
  const cwd = aProject(files);
  const login = { OVERAIR_TOKEN: API_KEY, OVERAIR_SERVER: server.url };
  const run: LoggedInProject['run'] = (args, env = {}) =>
    overair(cwd, [...args, '--json'], { env: { ...login, ...env } });
  server.apps.set(APP_ID, { app_id: APP_ID, default_upload_channel: 'dev' });
  return { server, cwd, run };
}
