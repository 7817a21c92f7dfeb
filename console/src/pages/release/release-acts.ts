// What stopping, taking back and keeping a release do to how many phones, and the same as a command.

import type { Outcomes } from '@overair/protocol/manage/outcomes';
import type { Release, ReleaseAnswer } from '@overair/protocol/manage/release';
import type { Act } from '../../shell/act-sheet.tsx';
import { useWords } from '../../words/words.tsx';

export function useReleaseActs(
  app_id: string,
  release: Release,
  counts: Outcomes['total'] | undefined,
): Record<ReleaseAnswer, Act> {
  const { t } = useWords();
  const { id, bundle, previous, channel } = release;
  const running = counts?.running ?? 0;
  const onTheWay = counts === undefined ? 0 : counts.offered + counts.downloaded + counts.silent;
  const values = { bundle, previous, channel, running, onTheWay };
  const shared = (answer: ReleaseAnswer, verb: string) => ({
    command: `overair release ${verb} ${id} ${app_id}`,
    call: { method: 'POST', path: '/release/guard', body: { app_id, release_id: id, answer } } as const,
  });
  return {
    stop: {
      ...shared('stop', 'stop'),
      isDanger: true,
      title: t('act.stop.title', values),
      consequence: t('act.stop.consequence', values),
      wayBack: t('act.stop.wayBack', values),
      confirm: t('act.stop.confirm', values),
      done: t('act.stop.done', values),
    },
    take_back: {
      ...shared('take_back', 'take-back'),
      isDanger: true,
      title: t('act.takeBack.title', values),
      consequence: t('act.takeBack.consequence', values),
      wayBack: t('act.takeBack.wayBack', values),
      confirm: t('act.takeBack.confirm', values),
      done: t('act.takeBack.done', values),
    },
    keep: {
      ...shared('keep', 'keep'),
      title: t('act.keep.title', values),
      consequence: t('act.keep.consequence', values),
      wayBack: t('act.keep.wayBack', values),
      confirm: t('act.keep.confirm', values),
      done: t('act.keep.done', values),
    },
  };
}
