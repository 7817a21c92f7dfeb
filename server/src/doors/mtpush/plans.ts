// /push_plan: names under which an app's messages are counted together.

import { deletePlans, listPlans, savePlan } from '../../push/delivery/plans.ts';
import { Fields } from '../../push/fields.ts';
import type { PushRoom } from '../../push/room.ts';
import { Done, done, PlanId, PlanPage } from './answers.ts';
import { pushError } from './dialect/numbers.ts';
import { param, query, readJsonObject } from './input.ts';
import type { AddRoute } from './route.ts';

export function planRoutes(add: AddRoute, room: PushRoom): void {
  add({
    method: 'POST',
    url: '/push_plan',
    auth: 'app',
    answer: PlanId,
    async run({ app: { app_id }, request }) {
      const fields = new Fields(readJsonObject(request), '');
      const plan_id = fields.text('plan_id', 50);
      if (!plan_id) throw pushError(27303);
      await savePlan(room.db, app_id, plan_id, fields.text('plan_description', 512) ?? '');
      return { plan_id };
    },
  });

  add({
    method: 'GET',
    url: '/push_plan/list',
    auth: 'app',
    answer: PlanPage,
    run({ app: { app_id }, request }) {
      return listPlans(room.db, app_id, {
        page: Math.max(1, Number(query(request, 'page_index') ?? 1) || 1),
        size: Math.min(100, Math.max(1, Number(query(request, 'page_size') ?? 20) || 20)),
        source: query(request, 'send_source'),
        search: query(request, 'search_description'),
      });
    },
  });

  add({
    method: 'DELETE',
    url: '/push_plan/:plan_id',
    auth: 'app',
    answer: PlanId,
    async run({ app: { app_id }, request }) {
      const plan_id = param(request, 'plan_id');
      await deletePlans(room.db, app_id, [plan_id]);
      return { plan_id };
    },
  });

  add({
    method: 'DELETE',
    url: '/push_plan/batch/:plan_ids',
    auth: 'app',
    answer: Done,
    async run({ app: { app_id }, request }) {
      await deletePlans(room.db, app_id, param(request, 'plan_ids').split(',').filter(Boolean));
      return done;
    },
  });
}
