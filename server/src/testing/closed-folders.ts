// PostgreSQL started by root runs as another user, who must be able to reach its programs and its data.

import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const othersMayEnter = 0o001;

/** Throws with the way out when a folder on the way to one of the paths is closed to other users. */
export function refuseClosedFolders(paths: readonly string[]): void {
  for (const path of paths) {
    const closed = closedFolderAbove(realpathSync(path));
    if (closed === undefined) continue;
    throw new Error(
      `PostgreSQL does not run as root, and the user that runs it in root's stead may not enter ${closed}, which lies on ` +
        `the way to ${path}. Run the tests as a user who is not root, or move the clone (TMPDIR, where that is named), or ` +
        `open the folder (chmod o+x ${closed}), or set DATABASE_URL to a server of yours.`,
    );
  }
}

function closedFolderAbove(path: string): string | undefined {
  const { mode } = statSync(path);
  const folder = dirname(path);
  const above = folder === path ? undefined : closedFolderAbove(folder);
  const isClosed = (mode & 0o170000) === 0o040000 && (mode & othersMayEnter) === 0;
  return above ?? (isClosed ? path : undefined);
}
