// A disk that the server writes to is nearly full.

import type { ProcessReport } from '../../db/tables/attention.ts';
import type { Found, Source } from '../matter.ts';
import { listProcesses } from '../processes.ts';

const GIB = 1024 ** 3;
/** Small disks count by share, large ones by what is left. */
const LOW = { share: 0.1, bytes: 5 * GIB };
/** A path can be longer than an index takes; its end tells disks of one machine apart. */
const KEPT_OF_PATH = 200;
const NEARLY_FULL = { share: 0.03, bytes: 1 * GIB };

type Disk = ProcessReport['disks'][number];

export const disk: Source = {
  kind: 'disk',
  needs: 'org.update_settings',
  answeredBy: 'org.update_settings',
  async find(room, { withServer, now }) {
    if (!withServer) return [];
    const found = (await listProcesses(room, now)).flatMap(({ host, report }) =>
      report.disks.filter((each) => isBelow(each, LOW)).map((each) => matterOf(host, each)),
    );
    // Several processes of a machine see the same disk.
    return [...new Map(found.map((each) => [each.key, each])).values()];
  },
};

const isBelow = ({ freeBytes, sizeBytes }: Disk, { share, bytes }: typeof LOW): boolean =>
  sizeBytes > 0 && freeBytes < sizeBytes * share && freeBytes < bytes;

function matterOf(host: string, { folder, freeBytes, sizeBytes }: Disk): Found {
  const left = `${gibibytes(freeBytes)} of ${gibibytes(sizeBytes)}`;
  return {
    key: `${host}:${folder.slice(-KEPT_OF_PATH)}`,
    severity: isBelow({ folder, freeBytes, sizeBytes }, NEARLY_FULL) ? 'critical' : 'warning',
    app_id: null,
    message: `The disk with ${folder} on ${host} is nearly full: ${left} are left.`,
    since: null,
    command: null,
    link: '/server',
  };
}

const gibibytes = (bytes: number): string => `${(bytes / GIB).toFixed(bytes < GIB ? 2 : 1)} GiB`;
