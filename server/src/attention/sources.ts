// The list of what may need somebody.

import type { AttentionKind } from '@overair/protocol/manage/attention';
import type { Source } from './matter.ts';
import { approvalWaits } from './sources/approval-waits.ts';
import { bundleWithheld } from './sources/bundle-withheld.ts';
import { changesUnheard } from './sources/changes-unheard.ts';
import { credentialRefused } from './sources/credential-refused.ts';
import { disk } from './sources/disk.ts';
import { downloadsFailing } from './sources/downloads-failing.ts';
import { guardActed } from './sources/guard-acted.ts';
import { numberAway } from './sources/number-away.ts';
import { planAsks } from './sources/plan-asks.ts';
import { queueBehind } from './sources/queue-behind.ts';
import { releaseFailing } from './sources/release-failing.ts';
import { silentFleet } from './sources/silent-fleet.ts';

export const sources: readonly Source[] = [
  guardActed,
  releaseFailing,
  bundleWithheld,
  planAsks,
  downloadsFailing,
  numberAway,
  silentFleet,
  credentialRefused,
  changesUnheard,
  queueBehind,
  disk,
  approvalWaits,
];

export const sourceOf = (kind: AttentionKind): Source => sources.find((source) => source.kind === kind)!;
