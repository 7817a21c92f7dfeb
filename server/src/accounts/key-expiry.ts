// When API keys must end: what the organizations they open demand.

import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { DAY_MS } from '../utc-day.ts';
import type { Caller } from './caller.ts';
import { members } from './member-rows.ts';

const invalidDate = (message: string) => new AppError('invalid_expiration_date', 400, message);

export function futureDate(text: string): Date {
  const date = new Date(text);
  const isPossible = !Number.isNaN(date.getTime()) && date.getUTCFullYear() < 10_000;
  if (!isPossible) throw invalidDate('Invalid expiration date format');
  if (date.getTime() <= Date.now()) throw invalidDate('Expiration date must be in the future');
  return date;
}

/** Every organization that the key names has its say; one that names none opens all of its owner's. */
export async function assertExpiryAllowed(
  db: Db,
  { user_id }: Caller,
  named: readonly string[] | undefined,
  expires_at: Date | null,
): Promise<void> {
  const policies = await members(db)
    .innerJoin('orgs', 'orgs.id', 'org_users.org_id')
    .select(['orgs.id', 'require_apikey_expiration', 'max_apikey_expiration_days'])
    .where('org_users.user_id', '=', user_id)
    .execute();
  for (const policy of policies) {
    if (named && !named.includes(policy.id)) continue;
    assertPolicy(policy, expires_at);
  }
}

interface Policy {
  require_apikey_expiration: boolean;
  max_apikey_expiration_days: number | null;
}

function assertPolicy({ require_apikey_expiration, max_apikey_expiration_days }: Policy, expires_at: Date | null) {
  if (!expires_at) {
    if (!require_apikey_expiration) return;
    throw new AppError('expiration_required', 400, 'This organization requires API keys to have an expiration date');
  }
  if (max_apikey_expiration_days === null) return;
  if (expires_at.getTime() <= Date.now() + max_apikey_expiration_days * DAY_MS) return;
  throw new AppError(
    'expiration_exceeds_max',
    400,
    `API key expiration cannot exceed ${max_apikey_expiration_days} days for this organization`,
  );
}
