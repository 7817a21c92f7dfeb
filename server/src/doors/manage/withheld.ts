// /withheld: bundles that are offered to nobody where they failed, and how somebody lifts it.

import { LiftWithheld, ListWithheld, Withheld, WithheldPage } from '@overair/protocol/manage/release';
import { nameOfCaller } from '../../accounts/caller.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import { lift, showWithheld } from '../../rollouts/withheld-places.ts';
import type { AddRoute } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });

export function withheldRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/withheld',
    summary:
      'Where bundles of an app are offered to nobody because they failed there, newest first, lifted ones included',
    auth: 'key',
    input: ListWithheld,
    needs: { permission: 'app.read_statistics', on: onApp, refuse: cannotAccessApp },
    answer: WithheldPage,
    run: async ({ db, input: { app_id, bundle } }) => ({ data: await showWithheld(db, app_id, bundle) }),
  });

  add({
    method: 'POST',
    url: '/withheld/lift',
    summary: 'Offer a bundle again where it is withheld; it is not withheld there any more',
    auth: 'key',
    reads: 'json',
    input: LiftWithheld,
    needs: { permission: 'channel.promote_bundle', onSomeChannel: true, on: onApp, refuse: cannotAccessApp },
    answer: Withheld,
    movesPhones: true,
    run: ({ db, actor, caller, grant, input }) => lift(db, actor, grant, { ...input, by: nameOfCaller(caller) }),
  });
}
