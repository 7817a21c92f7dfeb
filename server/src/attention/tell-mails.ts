// Tells the organization's management address: one mail for all that one look found, written here and sent by `send-mails.ts`.

import { findManagementAddresses } from '../accounts/organizations.ts';
import type { News, Way } from './way.ts';

const MOST_LISTED = 50;

export const tellMails: Way = async (trx, { mail }, news) => {
  if (mail === undefined) return;
  const byOrg = Map.groupBy(news, ({ org_id }) => org_id);
  const addresses = await findManagementAddresses(trx, [...byOrg.keys()]);
  const rows = [...byOrg].flatMap(([org_id, own]) => {
    const recipient = addresses.get(org_id);
    return recipient === undefined
      ? []
      : [{ org_id, recipient, subject: subjectOf(own), body: bodyOf(own, mail.publicUrl) }];
  });
  if (rows.length > 0) await trx.insertInto('alert_mails').values(rows).execute();
};

function subjectOf(news: readonly News[]): string {
  const begun = news.filter(({ event }) => event === 'begun');
  const [first] = begun;
  if (first === undefined)
    return news.length === 1 ? `Over: ${news[0]!.shown.message}` : `${news.length} matters are over`;
  return begun.length === 1 ? first.shown.message : `${begun.length} matters need you`;
}

function bodyOf(news: readonly News[], publicUrl: string): string {
  const listed = news.slice(0, MOST_LISTED).map(({ event, shown: { message, since, command, link } }) => {
    if (event === 'over') return `Over: ${message}`;
    return [message, `Since ${since}.`, ...(command === null ? [] : [command]), publicUrl + link].join('\n');
  });
  const more = news.length > MOST_LISTED ? [`And ${news.length - MOST_LISTED} more: ${publicUrl}/ui`] : [];
  return [...listed, ...more].join('\n\n');
}
