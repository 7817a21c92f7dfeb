// Events of an app as they come. The browser resumes behind the last one by itself; what it gives up is begun again here.
// Contract: docs/protocol/management.md §9.8.

import type { AppEventPage } from '@overair/protocol/manage/outcomes';
import { useEffect, useReducer, useRef } from 'react';
import { serverUrl } from '../base-path.ts';

export type LiveEvent = AppEventPage['data'][number];
type StreamState = 'connecting' | 'live' | 'lost';

interface Tail {
  readonly state: StreamState;
  /** The newest first. */
  readonly events: readonly LiveEvent[];
}

/** Older ones are forgotten: a busy fleet must not fill the browser. */
const KEPT = 500;
const BEGIN_AGAIN_MS = 5_000;
/** Events of one moment are drawn once. */
const DRAW_EVERY_MS = 250;

type Change = { readonly state: StreamState } | { readonly arrived: readonly LiveEvent[] } | 'begin';

function reduce(tail: Tail, change: Change): Tail {
  if (change === 'begin') return { state: 'connecting', events: [] };
  if ('state' in change) return { ...tail, state: change.state };
  return { ...tail, events: [...change.arrived.toReversed(), ...tail.events].slice(0, KEPT) };
}

export function useEventStream(app_id: string, filter: Readonly<Record<string, string>>): Tail {
  const [tail, dispatch] = useReducer(reduce, { state: 'connecting', events: [] });
  const query = new URLSearchParams(filter).toString();
  const last = useRef<string>(undefined);
  useEffect(() => {
    dispatch('begin');
    last.current = undefined;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waiting: LiveEvent[] = [];
    const drawing = setInterval(() => {
      if (waiting.length === 0) return;
      dispatch({ arrived: waiting });
      waiting = [];
    }, DRAW_EVERY_MS);
    const begin = () => {
      const behind = last.current === undefined ? '' : `&after=${encodeURIComponent(last.current)}`;
      source = new EventSource(`${serverUrl}/app/${encodeURIComponent(app_id)}/events?${query}${behind}`);
      source.onopen = () => dispatch({ state: 'live' });
      source.onmessage = ({ data, lastEventId }) => {
        last.current = lastEventId;
        waiting.push({ id: lastEventId, ...(JSON.parse(data) as Omit<LiveEvent, 'id'>) });
      };
      source.onerror = () => {
        dispatch({ state: 'lost' });
        // Refused, not cut: the browser would not try again.
        if (source?.readyState === EventSource.CLOSED) timer = setTimeout(begin, BEGIN_AGAIN_MS);
      };
    };
    begin();
    return () => {
      clearInterval(drawing);
      clearTimeout(timer);
      source?.close();
    };
  }, [app_id, query]);
  return tail;
}
