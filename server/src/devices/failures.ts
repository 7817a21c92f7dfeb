// Where a bundle failed, as far as it changes what a device is offered.

import { type Expression, expressionBuilder } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { Schema } from '../db/schema.ts';

/**
 * From this many failures on a device is no longer offered the bundle; the triggers on device_failures and record-sql.ts have the
 * same number.
 */
export const FAILURES_THAT_BLOCK = 2;

/** The failures of an app, within a query that has its id. */
export const failuresThatMatter = (app_id: Expression<string>) =>
  jsonArrayFrom(
    expressionBuilder<Schema>()
      .selectFrom('device_failures')
      .select(['device_id', 'version_name', 'version_build', 'failures', 'unopened_with'])
      .where('device_failures.app_id', '=', app_id)
      .where(({ or, eb }) => or([eb('failures', '>=', FAILURES_THAT_BLOCK), eb('unopened_with', 'is not', null)])),
  );
