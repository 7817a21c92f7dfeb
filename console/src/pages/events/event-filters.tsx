// Only some of the events: of a bundle, a channel, a platform, of one kind.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { bundles, channels } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { useWords } from '../../words/words.tsx';
import type { EventSearch } from './event-search.ts';
import styles from './events.module.css';

const route = getRouteApi('/signed-in/app/$app/events');

/** Those that people look for; a link may name any other. */
const ACTIONS = [
  'update_fail',
  'download_fail',
  'decrypt_fail',
  'checksum_fail',
  'app_crash',
  'app_launch_ready',
  'set',
  'download_complete',
  'get',
];

export function EventFilters({ app }: { app: string }) {
  const { t } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: ofBundles = [] } = useQuery(bundles(app));
  const { data: ofChannels = [] } = useQuery(channels(app));
  const set = (name: keyof EventSearch, value: string) =>
    void navigate({
      search: ({ [name]: _, ...others }) => (value === '' ? others : { ...others, [name]: value }),
      replace: true,
    });
  const select = (name: 'bundle' | 'channel' | 'action' | 'platform', label: string, values: readonly string[]) => (
    <SelectField
      label={label}
      value={search[name] ?? ''}
      choices={[
        { value: '', label: t('devices.any') },
        ...[...new Set([...values, ...(search[name] ? [search[name]] : [])])].map((value) => ({ value, label: value })),
      ]}
      onChange={(value) => set(name, value)}
    />
  );
  return (
    <div className={styles['filters']}>
      {select('action', t('events.action'), ACTIONS)}
      {select(
        'bundle',
        t('release.bundle'),
        ofBundles.map(({ name }) => name),
      )}
      {select(
        'channel',
        t('label.channel'),
        ofChannels.map(({ name }) => name),
      )}
      {select('platform', t('label.platform'), ['ios', 'android', 'electron'])}
      {Object.keys(search).length > 0 && (
        <Button kind="quiet" onClick={() => void navigate({ search: {}, replace: true })}>
          {t('devices.clear')}
        </Button>
      )}
    </div>
  );
}
