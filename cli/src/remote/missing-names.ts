// An answer "cannot find" of the server, turned into what is missing: the app, channel or bundle by its name, with the names that are near.

import type { Client } from '@overair/protocol/client';
import { CliError } from '../cli-error.ts';
import { listNear } from './near-names.ts';

interface Failure {
  name?: string;
  code?: string;
  moreInfo?: { channel?: unknown; version?: unknown; app_id?: unknown };
}

const MISSING = new Set(['cannot_find_version', 'cannot_find_channel', 'cannot_delete_version', 'channel_not_found']);
const SHOWN_NAMES = 10;

/** The same client; what it cannot find it calls by name. */
export function namingWhatIsMissing(client: Client): Client {
  const guard =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>, appOf: (...args: Args) => string) =>
    (...args: Args): Promise<T> =>
      call(...args).catch(async (error: unknown) => {
        throw await explainMissing(client, appOf(...args), error as Failure);
      });
  const appOfBody = ({ app_id }: { app_id: string }) => app_id;
  const { apps, channels, bundles, devices } = client;
  return {
    ...client,
    apps: { ...apps, get: guard(apps.get, (app_id) => app_id) },
    channels: {
      ...channels,
      list: guard(channels.list, appOfBody),
      get: guard(channels.get, (app_id) => app_id),
      save: guard(channels.save, appOfBody),
      delete: guard(channels.delete, appOfBody),
    },
    bundles: {
      ...bundles,
      delete: guard(bundles.delete, appOfBody),
      setChannel: guard(bundles.setChannel, appOfBody),
      updateMetadata: guard(bundles.updateMetadata, appOfBody),
    },
    devices: { ...devices, setChannel: guard(devices.setChannel, appOfBody) },
  };
}

async function explainMissing(client: Client, app_id: string, failure: Failure): Promise<unknown> {
  if (failure.name !== 'ApiError') return failure;
  const { channel, version } = failure.moreInfo ?? {};
  if (failure.code === 'cannot_find_app' || failure.code === 'cannot_access_app') {
    const names = await listNames(() => client.apps.list({ limit: 1000 }), 'app_id');
    // An app that the key can see is not missing: it lacks the right.
    return names && !names.includes(app_id) ? noSuchApp(app_id, names, failure) : failure;
  }
  if (!MISSING.has(failure.code ?? '')) return failure;
  if (typeof channel === 'string') {
    const names = await listNames(() => client.channels.list({ app_id }), 'name');
    return names ? noSuchChannel(app_id, channel, names, failure) : failure;
  }
  if (typeof version !== 'string') return failure;
  const names = await listNames(() => client.bundles.list({ app_id }), 'name');
  return names ? noSuch('bundle', app_id, version, names, 'overair bundle upload makes one.', failure) : failure;
}

/** `names`: all channels of the app. */
export const noSuchChannel = (app_id: string, channel: string, names: string[], cause?: unknown): CliError =>
  noSuch('channel', app_id, channel, names, `overair channel add ${channel} makes it.`, cause);

function noSuchApp(app_id: string, names: string[], cause: unknown): CliError {
  const near = listNear(app_id, names);
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}? Or register` : 'Register';
  return new CliError('cannot_find_app', `The server has no app ${app_id}, or this key cannot see it.`, {
    cause,
    hint: `${hint} it with overair app add.`,
  });
}

function noSuch(
  what: 'channel' | 'bundle',
  app_id: string,
  name: string,
  names: string[],
  make: string,
  cause?: unknown,
) {
  const near = listNear(name, names);
  const some = names.slice(0, SHOWN_NAMES).join(', ') + (names.length > SHOWN_NAMES ? ', …' : '');
  const hint =
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : names.length > 0
        ? `It has ${some}.`
        : `It has no ${what} yet; ${make}`;
  return new CliError(`${what}_not_found`, `${app_id} has no ${what} ${name}.`, {
    cause,
    hint,
    detail: { [what]: name, near },
  });
}

/** Undefined when the list is not for this key either: then the first failure says more. */
async function listNames<Row extends object>(
  list: () => Promise<Row[]>,
  key: keyof Row,
): Promise<string[] | undefined> {
  return list().then(
    (rows) => rows.map((row) => String(row[key])),
    () => undefined,
  );
}
