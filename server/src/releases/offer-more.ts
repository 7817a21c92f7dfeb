// What offers devices something that they were not offered before: refused while a freeze holds, and to one person alone where the channel
// takes two. To stop, to pause and to take back is never refused.

import type { Actor } from '../accounts/caller.ts';
import type { Grant } from '../accounts/permissions.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { ChannelRow } from './channel-rows.ts';
import { assertNotFrozen } from './freezes.ts';

type Offering = Pick<
  ChannelRow,
  'public' | 'version' | 'rollout_version' | 'rollout_enabled' | 'rollout_paused_at' | 'rollout_percentage_bps'
>;

const NOTHING: Offering = {
  public: false,
  version: null,
  rollout_version: null,
  rollout_enabled: false,
  rollout_paused_at: null,
  rollout_percentage_bps: 0,
};

/** `before` is undefined for a new channel. Another stable bundle counts, whichever: by the channel's fields nobody sees a return. */
export function offersMore(before: Offering | undefined, change: Partial<Offering>): boolean {
  const from = before ?? NOTHING;
  const to = { ...from, ...change };
  if (to.version !== from.version) return true;
  const isPublished = to.public && !from.public;
  if (isPublished && (to.version !== null || to.rollout_version !== null)) return true;
  if (to.rollout_version === null) return false;
  return to.rollout_version !== from.rollout_version || shareOf(to) > shareOf(from);
}

const shareOf = ({ rollout_enabled, rollout_paused_at, rollout_percentage_bps }: Offering): number =>
  rollout_enabled && rollout_paused_at === null ? rollout_percentage_bps : 0;

interface Place {
  /** Undefined: it is just made. */
  readonly id: number | undefined;
  readonly name: string;
  readonly app_id: string;
  readonly needs_approval: boolean;
}

/** `override`: the name of the freeze that the caller overrides. Call with the app locked. */
export async function assertMayOffer(
  trx: Db,
  actor: Actor,
  grant: Grant,
  channel: Place,
  override: string | undefined,
): Promise<void> {
  assertSecondPerson(grant, channel);
  await assertNotFrozen(trx, actor, grant, channel, override);
}

export function assertSecondPerson(
  { isApproved }: Grant,
  { name, needs_approval }: Omit<Place, 'id' | 'app_id'>,
): void {
  if (!needs_approval || isApproved) return;
  const sentence =
    `Channel ${name} takes a second person: ask for it (POST /approval, overair approval request), and somebody else with the right ` +
    'to make the change approves it';
  throw new AppError('approval_required', 403, sentence, { channel: name });
}
