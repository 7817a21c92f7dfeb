// Runs the built program, with its compiled code kept for the next start. It is kept in the user's own cache folder: what
// lies there is run, so the temporary folder that all users share is no place for it. Where it cannot be kept, nothing changes.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

try {
  enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'overair', 'code'));
} catch {
  // A user without a home folder.
}
const program = new URL('../dist/main.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  process.stderr.write(
    'overair-server: this is a clone that was not built. Run "npm ci && npm run build" in it, or start from the sources: npm start\n',
  );
  process.exitCode = 1;
}
