// `overair release withheld|lift`: where bundles are offered to nobody because they failed there, and the end of that.

import type { Withheld } from '@overair/protocol/manage/release';
import { CliError, cancelled } from '../cli-error.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { getAppId } from '../project/app.ts';
import { openRemote } from '../remote/client.ts';
import { style } from '../terminal/style.ts';

const SCOPES = { native: 'native', os: 'OS' } as const;

/** `android native 1.2.0` */
export const placeText = ({ platform, scope, version }: Withheld): string => `${platform} ${SCOPES[scope]} ${version}`;

export async function listWithheld(context: Context, options: GlobalOptions, appIdGiven?: string) {
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const withheld = await client.releases.listWithheld({ app_id });
  context.ui.table(
    [
      { title: 'Id', cell: (row) => style.id(row.id), align: 'right' },
      { title: 'Bundle', cell: (row) => style.version(row.bundle) },
      { title: 'Where', cell: placeText },
      { title: 'Failed', cell: ({ failed, passed }) => `${failed} of ${failed + passed}`, align: 'right' },
      { title: 'Since', cell: (row) => row.withheld_at.slice(0, 16).replace('T', ' ') },
      { title: 'Lifted', cell: (row) => (row.lifted_at === null ? '' : style.success(row.lifted_by ?? 'yes')) },
    ],
    withheld,
    'No bundle is withheld anywhere.',
  );
  return withheld;
}

export async function liftWithheld(context: Context, options: GlobalOptions, id: string, appIdGiven?: string) {
  if (!/^\d{1,15}$/.test(id)) {
    throw new CliError('invalid_id', `"${id}" is no id of what is withheld.`, {
      hint: 'See overair release withheld.',
    });
  }
  const app_id = await getAppId(context, appIdGiven);
  const { client } = await openRemote(context, options);
  const message =
    'Offer the bundle there again? It is not withheld there any more, until the guard stops it everywhere.';
  if (!(await context.ui.confirm({ message, flag: '--yes' }))) throw cancelled();
  const lifted = await client.releases.liftWithheld({ app_id, id: Number(id) });
  context.ui.say(`${style.version(lifted.bundle)} is offered again on ${placeText(lifted)}.`);
  return lifted;
}
