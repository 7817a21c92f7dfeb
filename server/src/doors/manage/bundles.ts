// /bundle: registering bundles, putting them on channels, deleting them.

import {
  BundleCreated,
  BundleList,
  BundleSet,
  CreateBundle,
  DeleteBundle,
  ListBundles,
  SetBundle,
  UpdateBundleMetadata,
} from '@overair/protocol/manage/bundle';
import { BundleComparison, CompareBundles } from '@overair/protocol/manage/compare';
import { Ok } from '@overair/protocol/manage/formats';
import { AppError } from '../../errors.ts';
import { deleteBundle, listBundles, updateBundleMetadata } from '../../releases/bundles.ts';
import { setChannelBundle } from '../../releases/channels.ts';
import { assertComparable, assertComplete, createBundle } from '../../releases/create-bundle.ts';
import { cannotAccessApp, NO_APP_ACCESS } from '../../releases/errors.ts';
import { deleteUnusedBundles } from '../../releases/unused-bundles.ts';
import { compareBundles } from '../../rollouts/compare-bundles.ts';
import { type AddRoute, ok } from './route.ts';

const success = { status: 'success' } as const;
const onApp = ({ app_id }: { app_id: string }) => ({ app_id });
const refused = (code: string, message: string) => () => new AppError(code, 400, message);

const conflictingVersion = () =>
  new AppError('conflicting_version', 400, 'Give either version or bump: with bump the server chooses the version');

export function bundleRoutes(add: AddRoute): void {
  listAndCreateRoutes(add);
  changeRoutes(add);
  add({
    method: 'GET',
    url: '/bundle/compare',
    summary: 'Two bundles side by side: files, bytes, native packages, outcomes at equal age, failures of one alone',
    auth: 'key',
    input: CompareBundles,
    // It tells what became of them on devices too.
    needs: { permission: 'app.read_statistics', on: onApp, refuse: cannotAccessApp },
    answer: BundleComparison,
    run: ({ db, input }) => compareBundles(db, input, new Date()),
  });
}

function listAndCreateRoutes(add: AddRoute): void {
  add({
    method: 'GET',
    url: '/bundle',
    summary: 'List bundles, newest first, 50 a page; nothing to show is an error',
    auth: 'key',
    input: ListBundles,
    needs: { permission: 'app.read_bundles', on: onApp, refuse: refused('cannot_get_bundle', NO_APP_ACCESS) },
    answer: BundleList,
    async run({ db, input: { app_id, page = 0, ...filter } }) {
      const bundles = await listBundles(db, app_id, { page, ...filter });
      if (bundles.length === 0) throw new AppError('cannot_get_bundle', 400, 'Cannot get bundle', { app_id, page });
      return bundles;
    },
  });

  add({
    method: 'POST',
    url: '/bundle',
    summary: 'Register a bundle: by URL, or from bytes uploaded before',
    auth: 'key',
    // An encrypted manifest takes about a kilobyte for each of its files.
    maxBodyBytes: 32 * 1024 * 1024,
    input: CreateBundle,
    needs: {
      permission: 'app.upload_bundle',
      on(input) {
        assertComplete(input);
        assertComparable(input);
        if (input.version !== undefined && input.bump) throw conflictingVersion();
        return onApp(input);
      },
      refuse: refused('cannot_create_bundle', NO_APP_ACCESS),
    },
    answer: BundleCreated,
    async run({ db, actor, input }) {
      if (input.external_url && !/^https:\/\/[^/]/.test(input.external_url)) {
        throw new AppError('invalid_protocol', 400, 'External URL must use HTTPS protocol');
      }
      return { ...success, bundle: await createBundle(db, actor, input) };
    },
  });
}

function changeRoutes(add: AddRoute): void {
  add({
    method: 'PUT',
    url: '/bundle',
    summary: 'Put a bundle on a channel',
    auth: 'key',
    input: SetBundle,
    needs: { permission: 'channel.promote_bundle', onSomeChannel: true, on: onApp, refuse: cannotAccessApp },
    answer: BundleSet,
    movesPhones: true,
    async run({ db, actor, grant, input }) {
      const { bundle, channel } = await setChannelBundle(db, actor, grant, input);
      return { ...success, message: `Bundle ${bundle} set to channel ${channel}` };
    },
  });

  add({
    method: 'POST',
    url: '/bundle/metadata',
    summary: 'Change link, comment or least native version of a bundle',
    auth: 'key',
    input: UpdateBundleMetadata,
    needs: {
      permission: 'bundle.update_metadata',
      on: onApp,
      refuse: refused('cannot_update_bundle_metadata', "You can't update metadata for this app"),
    },
    answer: Ok,
    movesPhones: true,
    async run({ db, actor, input }) {
      await updateBundleMetadata(db, actor, input);
      return ok;
    },
  });

  add({
    method: 'DELETE',
    url: '/bundle',
    summary: 'Delete one bundle, or every bundle that no channel uses',
    auth: 'key',
    input: DeleteBundle,
    needs: { permission: 'bundle.delete', on: onApp, refuse: refused('cannot_delete_bundle', NO_APP_ACCESS) },
    answer: Ok,
    async run({ db, actor, input: { app_id, version } }) {
      if (version) await deleteBundle(db, actor, app_id, version);
      else await deleteUnusedBundles(db, actor, app_id);
      return ok;
    },
  });
}
