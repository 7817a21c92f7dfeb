// What surrounds every page of a signed-in person: where they are, where they can go, and the red bar.

import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams, useRouterState } from '@tanstack/react-router';
import { type CSSProperties, useEffect, useRef } from 'react';
import { me } from '../api/queries.ts';
import { languageOf } from '../words/language.ts';
import { useWords } from '../words/words.tsx';
import { AppSwitcher } from './app-switcher.tsx';
import { Brand } from './brand.tsx';
import styles from './frame.module.css';
import { Navigation } from './navigation.tsx';
import { OfflineStrip } from './offline-strip.tsx';
import { Palette } from './palette.tsx';
import { PersonLink } from './person-link.tsx';
import { RedBar } from './red-bar.tsx';
import { SignedOutSheet } from './signed-out-sheet.tsx';
import { StepUp } from './step-up.tsx';
import { Toasts } from './toasts.tsx';

/** A colour of each app's own, so that production never looks like staging. */
function hueOf(app_id: string): number {
  let hash = 0;
  for (const sign of app_id) hash = (hash * 31 + sign.charCodeAt(0)) >>> 0;
  return hash % 360;
}

export function Frame() {
  const { t } = useWords();
  const { app, org } = useParams({ strict: false });
  const main = useRef<HTMLElement>(null);
  useOwnLanguage();
  useFocusOnNewPage(main);
  return (
    <StepUp>
      <a className={styles['skip']} href="#content">
        {t('nav.skip')}
      </a>
      <div
        className={styles['frame']}
        style={app === undefined ? undefined : ({ '--app-hue': hueOf(app) } as CSSProperties)}
        data-app={app}
      >
        <header className={styles['top']}>
          <Link to="/" className={styles['home']} aria-label={t('nav.home')}>
            <Brand />
          </Link>
          <AppSwitcher app={app} />
          <Palette app={app} org={org} />
          <PersonLink />
        </header>
        <RedBar />
        <OfflineStrip />
        <Navigation app={app} org={org} />
        <main ref={main} id="content" className={styles['content']} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <SignedOutSheet />
      <Toasts />
    </StepUp>
  );
}

/** What the person chose in whatever browser holds in this one too. */
function useOwnLanguage(): void {
  const { language, change } = useWords();
  const { data } = useQuery(me);
  const chosen = languageOf(data?.person.language);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what the server says anew changes what is shown
  useEffect(() => {
    if (chosen !== undefined && chosen !== language) void change(chosen);
  }, [chosen]);
}

/** Who hears the page instead of seeing it has to hear that it is another one. */
function useFocusOnNewPage(main: { current: HTMLElement | null }): void {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path, main]);
}
