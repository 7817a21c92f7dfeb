// /freeze: times in which nothing new is released.

import { Ok } from '@overair/protocol/manage/formats';
import { AddFreeze, Freeze, FreezeList, ListFreezes, RemoveFreeze } from '@overair/protocol/manage/freeze';
import { allowsSomewhere, findGrant, type Grant } from '../../accounts/permissions.ts';
import { AppError } from '../../errors.ts';
import { addFreeze, listShownFreezes, removeFreeze } from '../../releases/change-freezes.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import { orgGrant } from './org-access.ts';
import { type AddRoute, type Call, ok } from './route.ts';

interface Place {
  app_id?: string;
  orgId?: string;
}

export function freezeRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/freeze',
    summary: 'Freezes that are not over: of an app with its organization, or of an organization',
    auth: 'key',
    input: ListFreezes,
    answer: FreezeList,
    async run(call) {
      const grant = await grantOn(call, 'reads');
      return { data: await listShownFreezes(call.db, grant, call.input) };
    },
  });

  add({
    method: 'POST',
    url: '/freeze',
    summary: 'Release nothing new on a channel, or in an organization, for a time',
    auth: 'key',
    reads: 'json',
    input: AddFreeze,
    answer: Freeze,
    async run(call) {
      return addFreeze(call.db, call.actor, await grantOn(call, 'changes'), call.input);
    },
  });

  add({
    method: 'DELETE',
    url: '/freeze',
    summary: 'Remove a freeze',
    auth: 'key',
    input: RemoveFreeze,
    answer: Ok,
    async run(call) {
      await removeFreeze(call.db, call.actor, await grantOn(call, 'changes'), call.input);
      return ok;
    },
  });
}

/** In an organization settings are the admins'; of a channel the room asks once it is known. */
async function grantOn({ db, caller, input }: Call<Place>, does: 'reads' | 'changes'): Promise<Grant> {
  const { app_id, orgId } = input;
  if ((app_id === undefined) === (orgId === undefined)) {
    throw new AppError('missing_place', 400, 'You must provide app_id or orgId, one of the two');
  }
  if (app_id !== undefined) {
    const grant = await findGrant(db, caller, { app_id });
    if (!grant || !allowsSomewhere(grant, 'channel.read')) throw cannotAccessApp({ app_id });
    return grant;
  }
  const refuse = () => new AppError('cannot_access_organization', 403, "You can't access this organization");
  return orgGrant(db, caller, does === 'reads' ? 'org.read' : 'org.update_settings', orgId!, refuse);
}
