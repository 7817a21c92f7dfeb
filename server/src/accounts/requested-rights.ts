// What a key shall be allowed, as somebody asks for it: either a mode with limits, or bindings of roles to places.

import type { CreateApiKey, UpdateApiKey } from '@overair/protocol/manage/apikey';
import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ApikeysTable } from '../db/tables/accounts.ts';
import { AppError } from '../errors.ts';
import type { Caller } from './caller.ts';
import { resolveBindings } from './key-bindings.ts';
import { limitsOf } from './key-limits.ts';

type RightsInput = Omit<CreateApiKey, 'name'>;

type Rights = Pick<
  Selectable<ApikeysTable>,
  'mode' | 'limited_to_orgs' | 'limited_to_apps' | 'limited_to_channels' | 'bindings'
>;

const rightsOf = ({ mode, limited_to_orgs, limited_to_apps, limited_to_channels, bindings }: Rights): Rights => ({
  mode,
  limited_to_orgs,
  limited_to_apps,
  limited_to_channels,
  bindings,
});

/** As the columns take them. */
export const stored = ({ bindings, ...rights }: Rights) => ({
  ...rights,
  bindings: bindings && JSON.stringify(bindings),
});

/** What a new key may. */
export const newRights = (trx: Db, caller: Caller, input: RightsInput): Promise<Rights> =>
  input.bindings === undefined ? modeRights(trx, caller, input) : boundRights(trx, caller, input);

async function modeRights(trx: Db, caller: Caller, input: RightsInput): Promise<Rights> {
  return { mode: input.mode ?? 'all', bindings: null, ...(await limitsOf(trx, caller.user_id, input)) };
}

const bindingsRequired = () => new AppError('bindings_required', 400, 'API key bindings are required');

const besideBindings = [
  'mode',
  'limited_to_orgs',
  'limited_to_apps',
  'limited_to_channels',
  'org_id',
  'app_id',
] as const;

/** A key has either bindings or a mode with limits: nobody could say which of both was meant to hold. */
async function boundRights(trx: Db, caller: Caller, input: RightsInput): Promise<Rights> {
  const other = besideBindings.find((name) => {
    const value = input[name];
    return Array.isArray(value) ? value.length > 0 : Boolean(value);
  });
  if (other) throw invalidBindings(`Bindings and ${other} exclude each other`);
  if (!input.bindings?.length) throw bindingsRequired();
  const bindings = await resolveBindings(trx, caller.user_id, input.bindings);
  return { mode: null, bindings, limited_to_orgs: [], limited_to_apps: [], limited_to_channels: [] };
}

const invalidBindings = (message: string) => new AppError('invalid_bindings', 400, message);

export type KeyChange = Omit<UpdateApiKey, 'id'>;

/** What the key may after the change. */
export async function changedRights(trx: Db, caller: Caller, before: Rights, input: KeyChange): Promise<Rights> {
  if (input.bindings !== undefined) return boundRights(trx, caller, input);
  const given = limitNames.filter((name) => input[name] !== undefined);
  if (before.bindings !== null) {
    const other = input.mode ? 'mode' : given[0];
    // It would trade what is bound for every app of its owner.
    if (other) throw invalidBindings(`This key has bindings: ${other} cannot be given, make a new key instead`);
    return rightsOf(before);
  }
  for (const name of given) assertNotEmptied(name, before[name], input[name]);
  // Names of channels are looked for in the apps that the key is limited to already.
  const apps = input.limited_to_channels ? { limited_to_apps: before.limited_to_apps } : {};
  const resolved = await limitsOf(trx, caller.user_id, { ...apps, ...input });
  const changed = Object.fromEntries(given.map((name) => [name, resolved[name]]));
  return { ...rightsOf(before), ...changed, mode: input.mode ?? before.mode };
}

const limitNames = ['limited_to_orgs', 'limited_to_apps', 'limited_to_channels'] as const;

/** Who takes the last place away means a key that opens nothing, and an empty list would open everything. */
function assertNotEmptied(
  name: string,
  before: readonly unknown[],
  after: readonly unknown[] | null | undefined,
): void {
  if (before.length === 0 || after === null || after === undefined || after.length > 0) return;
  throw new AppError(
    'limit_cannot_be_emptied',
    400,
    `An empty ${name} would open everything: give null to lift the limit, or delete the key`,
    { field: name },
  );
}
