// Two bundles side by side: what `GET /bundle/compare` takes and answers.
import { type Static, Type } from 'typebox';
import {
  answer,
  appIdField,
  NullableTimestamp,
  nullable,
  nullableInteger,
  nullableString,
  onlyKnown,
  refusal,
  Timestamp,
} from './formats.ts';
import { OutcomeCounts } from './outcomes.ts';

const bundleName = (field: string) =>
  Type.String({
    maxLength: 256,
    description: 'a bundle name',
    'x-missing': refusal(`missing_${field}`, `You must provide ${field}: the name of a bundle`),
  });

export const CompareBundles = Type.Object({ app_id: appIdField(), a: bundleName('a'), b: bundleName('b') }, onlyKnown);
export type CompareBundles = Static<typeof CompareBundles>;

const FileSize = answer({ file_name: Type.String(), size: Type.Integer({ description: 'bytes as stored' }) });

const Side = answer({
  bundle: Type.String(),
  created_at: Timestamp,
  has_zip: Type.Boolean({ description: 'also where it lies on storage of the owner' }),
  files: nullableInteger({ description: 'in its list of files; null: it has none' }),
  zip_bytes: nullableInteger({ description: 'null: no zip, or its size is not known here' }),
  deltas: Type.Array(
    answer({
      from: Type.String({ description: 'a bundle' }),
      devices: Type.Integer({ description: 'that run it now' }),
      bytes: nullableInteger({ description: 'of the files that it lacks; null: one of both has no list of files' }),
    }),
    { description: 'from the bundles that most devices run, at most three' },
  ),
  first_offered_at: NullableTimestamp,
  outcomes: nullable(OutcomeCounts),
});

const Package = answer({ name: Type.String(), version: Type.String() });

const FailureOfOne = answer({
  action: Type.String(),
  message: nullableString(),
  fingerprint: Type.String(),
  class: Type.String(),
  devices: Type.Integer(),
  events: Type.Integer(),
});

export const BundleComparison = answer({
  app_id: Type.String(),
  a: Side,
  b: Side,
  files: nullable(
    answer({
      added: Type.Array(FileSize, { description: 'b alone has them' }),
      removed: Type.Array(FileSize, { description: 'a alone has them' }),
      changed: Type.Array(answer({ file_name: Type.String(), size_a: Type.Integer(), size_b: Type.Integer() })),
      counts: answer({
        added: Type.Integer(),
        removed: Type.Integer(),
        changed: Type.Integer(),
        unchanged: Type.Integer(),
      }),
    }),
  ),
  files_unknown: nullableString({ description: 'why files is null' }),
  native_packages: nullable(
    answer({
      added: Type.Array(Package),
      removed: Type.Array(Package),
      changed: Type.Array(answer({ name: Type.String(), version_a: Type.String(), version_b: Type.String() }), {
        description: 'another version, or other native code of the same version',
      }),
    }),
  ),
  age_seconds: nullableInteger({
    description: 'both outcomes are of so long after the first offer; null: one was never offered',
  }),
  failures: answer({
    a_only: Type.Array(FailureOfOne),
    b_only: Type.Array(FailureOfOne),
  }),
});
export type BundleComparison = Static<typeof BundleComparison>;
