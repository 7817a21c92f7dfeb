// The walls of the house as data: who may import whom, and who may open a socket. `imports.ts` enforces it; `npm run lint` and
// walls.test.ts run it.

/** Rooms, and the rooms below each that it may import. */
export const ROOMS = {
  accounts: [],
  stats: ['accounts'],
  releases: ['accounts'],
  devices: ['releases', 'accounts'],
  updates: ['devices', 'releases', 'stats', 'accounts'],
  rollouts: ['updates', 'devices', 'releases', 'stats', 'accounts'],
  rehearsal: ['updates', 'devices', 'releases', 'stats', 'accounts'],
  push: ['releases', 'devices', 'accounts'],
  webhooks: ['accounts'],
  backup: ['accounts'],
  attention: ['rollouts', 'rehearsal', 'updates', 'devices', 'releases', 'stats', 'push', 'webhooks', 'accounts'],
} as const satisfies Record<string, readonly string[]>;

export type Room = keyof typeof ROOMS;

export const DOORS = ['device', 'manage', 'session', 'files', 'mtpush', 'operations', 'console'] as const;

/** Folders of the cellar. They know no room and no door. */
export const CELLAR = ['db', 'blobs', 'jobs', 'net'] as const;

/** Files of server/src itself that are the process: nobody imports them, but one another. Its other files count as cellar. */
export const TOP_OF_THE_HOUSE = ['wiring.ts', 'app.ts', 'main.ts', 'serve.ts', 'queues.ts'] as const;

const SOCKET_PLACES = [
  'server/src/net/',
  'server/src/db/',
  'server/src/push/transports/',
  'server/src/webhooks/',
  'server/src/blobs/s3.ts',
];
const NO_SOCKETS = 'Outbound sockets are opened below net/, db/, blobs/s3.ts, push/transports/ and webhooks/ alone.';

interface RestrictedPackage {
  readonly pattern: RegExp;
  readonly allowed: readonly string[];
  readonly reason: string;
  readonly inside: string;
}

/** Packages that only some places may import. `inside` and `allowed` are prefixes of paths below the repository. */
export const RESTRICTED: readonly RestrictedPackage[] = [
  {
    pattern: /^(fastify|@fastify\/(?!proxy-addr$).*)$/,
    allowed: [
      'server/src/doors/',
      'server/src/app.ts',
      'server/src/listen.ts',
      'server/src/request-id.ts',
      'server/src/security-headers.ts',
    ],
    reason: 'Only doors know HTTP.',
    inside: 'server/src/',
  },
  {
    pattern: /^(undici|nodemailer|(node:)?(http2|https|tls|dgram))$/,
    allowed: SOCKET_PLACES,
    reason: NO_SOCKETS,
    inside: 'server/src/',
  },
  {
    pattern: /^@mantine\//,
    allowed: ['console/src/ui/'],
    reason: 'The kit of controls is known in console/src/ui alone, so that it can be replaced.',
    inside: 'console/src/',
  },
];

/** What makes a part of the server. The wiring alone calls it, and code below the places named beside it. */
export const MAKERS: Readonly<Record<string, readonly string[]>> = {
  // Commands beside the server are programs with a database and a storage of their own.
  openDatabase: ['server/src/backup/'],
  openBlobs: ['server/src/backup/'],
  openJobs: [],
  openPush: [],
  openWebhooks: [],
  openAttention: [],
  openNumberFetcher: [],
  loadProviderNetworks: [],
  createDownloadSigner: [],
  localRateLimits: [],
  KeyGuard: [],
  ForwardedWatch: [],
  Snapshots: [],
  Recorder: [],
  Served: [],
  Sightings: [],
  Bandwidth: [],
  Rehearsals: [],
  // A thread cannot be handed one.
  createVault: ['server/src/push/transports/webpush/encryption-worker.ts'],
  // Rooms that the wiring opens and closes.
  safeDispatcher: ['server/src/webhooks/room.ts', 'server/src/net/post-pool.ts', 'server/src/net/fetch-number.ts'],
  PostPool: ['server/src/push/'],
};

/** Names that only some places may know, so that one more of their kind is added there alone. `allowed` are prefixes of paths below the repository. */
export const STRAY_NAMES: readonly {
  names: RegExp;
  inside: readonly string[];
  allowed: readonly string[];
  reason: string;
}[] = [
  {
    names: /apns|APN[sS]|fcm|FCM|webpush/,
    inside: ['server/src/', 'protocol/src/'],
    allowed: [
      // A folder each, and the list of them.
      'server/src/push/transports/',
      // What an owner stores a credential for.
      'protocol/src/manage/push.ts',
      // Columns of the database, and of rows that older servers stored.
      'server/src/db/tables/push.ts',
      'server/src/push/message/stored-form-1.ts',
      // Fields of the dialect that bear the name of a service.
      'server/src/doors/mtpush/dialect/',
    ],
    reason: 'A push service is known in its folder of push/transports alone.',
  },
  {
    names: /\/v4\/|\bbody\.notification\b/,
    inside: ['server/src/push/'],
    allowed: [],
    reason: 'The push room has words of its own: addresses and field names of the dialect stand in doors/mtpush.',
  },
  {
    // Types, and looking at an address, open nothing.
    names:
      /\bfetch\(|^import (?!type )(?:\w+|\* as|\{.*(?<!type )\b(?:request|get|Agent|connect|createConnection|createServer|Socket)\b.*\}).* from '(?:node:)?(?:http|net)'/,
    inside: ['server/src/'],
    allowed: [
      ...SOCKET_PLACES,
      // The server's own port.
      'server/src/listen.ts',
      // Asks a sign-in provider that the owner named in a setting whether it is there.
      'server/src/accounts/sign-in/room.ts',
      // A script for browsers.
      'server/src/doors/manage/connect-script.ts',
    ],
    reason: NO_SOCKETS,
  },
];
