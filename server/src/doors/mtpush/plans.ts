// /push_plan: names under which an app's messages are counted together.

import type { FastifyInstance } from 'fastify';
import { deletePlans, listPlans, savePlan } from '../../push/delivery/plans.ts';
import { Fields } from '../../push/fields.ts';
import type { PushRoom } from '../../push/room.ts';
import type { Access } from './access.ts';
import { Done, done, PlanId, PlanPage } from './answers.ts';
import { pushError } from './dialect/numbers.ts';
import { param, query, readJsonObject } from './input.ts';

export function planRoutes(scope: FastifyInstance, room: PushRoom, access: Access): void {
  scope.post('/push_plan', { schema: { response: { 200: PlanId } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const fields = new Fields(readJsonObject(request), '');
    const plan_id = fields.text('plan_id', 50);
    if (!plan_id) throw pushError(27303);
    await savePlan(room.db, app_id, plan_id, fields.text('plan_description', 512) ?? '');
    return { plan_id };
  });

  scope.get('/push_plan/list', { schema: { response: { 200: PlanPage } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    return listPlans(room.db, app_id, {
      page: Math.max(1, Number(query(request, 'page_index') ?? 1) || 1),
      size: Math.min(100, Math.max(1, Number(query(request, 'page_size') ?? 20) || 20)),
      source: query(request, 'send_source'),
      search: query(request, 'search_description'),
    });
  });

  scope.delete('/push_plan/:plan_id', { schema: { response: { 200: PlanId } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    const plan_id = param(request, 'plan_id');
    await deletePlans(room.db, app_id, [plan_id]);
    return { plan_id };
  });

  scope.delete('/push_plan/batch/:plan_ids', { schema: { response: { 200: Done } } }, async (request, reply) => {
    const { app_id } = await access.app(request, reply);
    await deletePlans(room.db, app_id, param(request, 'plan_ids').split(',').filter(Boolean));
    return done;
  });
}
