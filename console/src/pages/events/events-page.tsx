// What fails right now?

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { type LiveEvent, useEventStream } from '../../api/event-stream.ts';
import { failures } from '../../api/queries.ts';
import { FailureGroups } from '../../shell/failure-groups.tsx';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import type { MessageId } from '../../words/words.tsx';
import { useWords } from '../../words/words.tsx';
import { EventFilters } from './event-filters.tsx';
import { EventRows } from './event-rows.tsx';
import styles from './events.module.css';

const route = getRouteApi('/signed-in/app/$app/events');

const states = {
  connecting: { tone: 'neutral', id: 'events.connecting' },
  live: { tone: 'good', id: 'events.live' },
  lost: { tone: 'warn', id: 'events.lost' },
} as const satisfies Record<string, { tone: string; id: MessageId }>;

export function EventsPage() {
  const { t } = useWords();
  const { app } = route.useParams();
  const search = route.useSearch();
  const { state, events } = useEventStream(app, search as Record<string, string>);
  /** What stood there when the person stopped it. */
  const [held, setHeld] = useState<readonly LiveEvent[]>();
  const missed = held === undefined ? 0 : countNew(events, held);
  const { device_id: _, ...ofApp } = search;
  const { data: failing } = useQuery(failures(app, ofApp));
  const { tone, id } = states[state];
  return (
    <Page
      title={t('nav.events')}
      tabTitle={`${t('nav.events')} · ${app}`}
      lead={<Mark tone={held === undefined ? tone : 'warn'}>{t(held === undefined ? id : 'events.paused')}</Mark>}
      actions={
        <Button
          isMain
          icon={<Icon name={held === undefined ? 'pause' : 'play'} size={16} />}
          onClick={() => setHeld(held === undefined ? events : undefined)}
        >
          {held === undefined ? t('events.pause') : t('events.goOn', { count: missed })}
        </Button>
      }
    >
      <Panel>
        <EventFilters app={app} />
      </Panel>
      {failing && <FailureGroups app={app} groups={failing.data} />}
      <Panel title={t('events.tail')} aside={t('events.tail.aside')}>
        <div className={styles['tail']}>
          {(held ?? events).length === 0 ? (
            <Empty sentence={t('events.none')} command={`overair probe ${app}`} />
          ) : (
            <EventRows app={app} events={held ?? events} />
          )}
        </div>
      </Panel>
    </Page>
  );
}

/** Those that came while the page was held. */
function countNew(events: readonly LiveEvent[], held: readonly LiveEvent[]): number {
  const [newest] = held;
  if (newest === undefined) return events.length;
  const at = events.findIndex(({ id }) => id === newest.id);
  return at < 0 ? events.length : at;
}
