// /polled: addresses that the server asks for a number about what a channel serves.

import { Ok } from '@overair/protocol/manage/formats';
import { DeletePolled, ListPolled, Polled, PolledPage, SavePolled } from '@overair/protocol/manage/polled';
import { cannotAccessApp } from '../../releases/errors.ts';
import { deletePolled, listPolled, savePolled } from '../../rollouts/polled-numbers.ts';
import type { Parts } from '../../wiring.ts';
import { type AddRoute, ok } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });
const reading = { permission: 'channel.read', onSomeChannel: true, on: onApp, refuse: cannotAccessApp } as const;
const changing = { ...reading, permission: 'channel.update_settings' } as const;

export function polledRoutes(add: AddRoute, { config, vault }: Pick<Parts, 'config' | 'vault'>): void {
  const { allowPrivateAddresses: allowPrivate } = config;

  add({
    method: 'GET',
    url: '/polled',
    summary: 'The numbers that are polled for channels of an app; of one channel where it is named',
    auth: 'key',
    input: ListPolled,
    needs: reading,
    answer: PolledPage,
    run: async ({ db, grant, input }) => ({ data: await listPolled(db, grant, input) }),
  });

  add({
    method: 'PUT',
    url: '/polled',
    summary: 'Poll an address for a JSON number: beyond its bound the guard acts on the release under way',
    auth: 'key',
    reads: 'json',
    input: SavePolled,
    needs: changing,
    answer: Polled,
    run: ({ db, actor, grant, input }) => savePolled(db, { actor, grant, vault, allowPrivate }, input),
  });

  add({
    method: 'DELETE',
    url: '/polled',
    summary: 'Stop polling a number',
    auth: 'key',
    input: DeletePolled,
    needs: changing,
    answer: Ok,
    async run({ db, actor, grant, input }) {
      await deletePolled(db, { actor, grant }, input);
      return ok;
    },
  });
}
