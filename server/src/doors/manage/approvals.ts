// /approval: changes that wait for a second person.

import {
  AnswerApproval,
  Approval,
  ApprovalAnswered,
  ApprovalPage,
  GetApproval,
  ListApprovals,
  RequestApproval,
} from '@overair/protocol/manage/approval';
import { assertFresh } from '../../accounts/second-factor.ts';
import { answerApproval, askForApproval, getApproval, listApprovals } from '../../rehearsal/approvals.ts';
import { makeAsReviewed } from '../../rehearsal/review.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import type { Parts } from '../../wiring.ts';
import { rehearseCall, shownAnswer } from './rehearse-call.ts';
import type { AddRoute, Call, MovingRoute, MovingRoutes } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });
/** What is asked for may be about any channel of the app. */
const reading = { permission: 'channel.read', on: onApp, refuse: cannotAccessApp } as const;

export function approvalRoutes(add: AddRoute, moving: MovingRoutes, { rehearsals }: Pick<Parts, 'rehearsals'>): void {
  const find = (call: string): MovingRoute => moving.get(call)!;

  add({
    method: 'POST',
    url: '/approval',
    summary: 'Rehearse a call that moves phones, and ask a second person to approve it',
    auth: 'key',
    reads: 'json',
    input: RequestApproval,
    answer: Approval,
    async run(call) {
      const { call: name, input, note, hours } = call.input;
      const { app_id, org_id, rehearsed, shown } = await rehearseCall(rehearsals, find(name), call, input, {
        isApproved: true,
      });
      const asked = { org_id, app_id, call: name, input, touched: rehearsed.touched, rehearsal: shown };
      return askForApproval(
        call.db,
        call.caller,
        { ...asked, ...(note && { note }), ...(hours && { hours }) },
        new Date(),
      );
    },
  });

  add({
    method: 'GET',
    url: '/approval',
    summary: 'Changes that wait for a second person, newest first, 50 a page; all of them with state=all',
    auth: 'key',
    input: ListApprovals,
    needs: reading,
    answer: ApprovalPage,
    run: async ({ db, caller, input }) => ({ data: await listApprovals(db, caller, input) }),
  });

  add({
    method: 'GET',
    url: '/approval/:approval_id',
    summary: 'One of them',
    auth: 'key',
    input: GetApproval,
    needs: reading,
    answer: Approval,
    run: ({ db, caller, input: { app_id, approval_id } }) => getApproval(db, caller, app_id, approval_id),
  });

  answerRoute(add, find);
}

function answerRoute(add: AddRoute, find: (call: string) => MovingRoute): void {
  add({
    method: 'POST',
    url: '/approval/answer',
    summary: 'Approve a change, which is then made as it was reviewed; refuse it, or withdraw it',
    auth: 'key',
    reads: 'json',
    input: AnswerApproval,
    needs: { ...reading, permission: 'channel.promote_bundle' },
    answer: ApprovalAnswered,
    async run(by) {
      if (by.input.answer === 'approve') assertFresh(by.caller, Date.now());
      let made: { route: MovingRoute; call: Call<unknown>; answer: unknown } | undefined;
      const answered = await answerApproval(by.db, by.caller, by.input, async (trx, approval) => {
        const route = find(approval.call);
        const call = await route.ask(by, trx, approval.input);
        const grant = { ...call.grant, isApproved: true } as const;
        const done = await makeAsReviewed(trx, approval.app_id, approval, (db) => route.run({ ...call, grant, db }));
        made = { route, call: { ...call, grant, db: by.db }, answer: done };
        return shownAnswer(by, route, done);
      });
      if (made === undefined) return answered;
      const { route, call, answer } = made;
      return { ...answered, answer: shownAnswer(by, route, await route.afterwards(call, answer)) };
    },
  });
}
