// Ctrl/⌘ K: pages and apps by name. It goes somewhere and never acts. Also the letters: `g` and another, `/`, `?`.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { apps } from '../api/queries.ts';
import { Icon } from '../ui/icons.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { pageCommand } from '../words/page-command.ts';
import { type Translate, useWords } from '../words/words.tsx';
import { KeyHelp } from './key-help.tsx';
import { useKeys } from './keys.ts';
import { useOrganizations } from './navigation.tsx';
import styles from './palette.module.css';
import { APP_PLACES, ORGANIZATION_PLACES } from './places.ts';
import { say } from './toasts.tsx';

interface Place {
  readonly name: string;
  readonly of: string;
  readonly go: () => void;
}

interface Where {
  readonly app: string | undefined;
  readonly org: string | undefined;
}

export function Palette(where: Where) {
  const { app } = where;
  const { t } = useWords();
  const [isOpen, setIsOpen] = useState<'palette' | 'keys'>();
  const places = usePlaces(where);
  const [organization] = useOrganizations(where);
  const navigate = useNavigate();
  const router = useRouter();
  useKeys({
    open: () => setIsOpen('palette'),
    help: () => setIsOpen('keys'),
    copy: () => void copyCommand(router.state.location.pathname, t),
    goTo(letter) {
      if (letter === 'a') void navigate({ to: '/' });
      if (letter === 'v') void navigate({ to: '/server' });
      const page = APP_PLACES.find((each) => each.letter === letter);
      if (page && app !== undefined) void navigate({ to: page.to, params: { app } });
      const place = ORGANIZATION_PLACES.find((each) => each.letter === letter);
      if (place && organization) void navigate({ to: place.to, params: { org: organization.id } });
    },
  });
  return (
    <>
      <button
        type="button"
        className={styles['trigger']}
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => setIsOpen('palette')}
      >
        <Icon name="search" size={16} />
        <span>{t('palette.jump')}</span>
        <kbd>{/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
      {isOpen === 'palette' && (
        <Sheet title={t('palette.title')} onClose={() => setIsOpen(undefined)}>
          <Chooser places={places} onDone={() => setIsOpen(undefined)} />
        </Sheet>
      )}
      {isOpen === 'keys' && <KeyHelp onClose={() => setIsOpen(undefined)} />}
    </>
  );
}

async function copyCommand(path: string, t: Translate): Promise<void> {
  const command = pageCommand(path);
  if (command === undefined) return say(t('command.none'));
  // Browsers open the clipboard to pages of https and localhost alone.
  const isCopied = await navigator.clipboard?.writeText(command).then(
    () => true,
    () => false,
  );
  say(isCopied ? t('command.copied', { command }) : command);
}

function usePlaces(where: Where): Place[] {
  const { app } = where;
  const { t } = useWords();
  const navigate = useNavigate();
  const { data = [] } = useQuery(apps);
  const pages = (app_id: string, of: string) =>
    APP_PLACES.map(({ to, label }) => ({
      name: t(label),
      of,
      go: () => void navigate({ to, params: { app: app_id } }),
    }));
  const organizations = useOrganizations(where);
  const others = data.filter(({ app_id }) => app_id !== app);
  return [
    ...(app === undefined ? [] : pages(app, app)),
    ...organizations.flatMap(({ id, name }) =>
      ORGANIZATION_PLACES.map(({ to, label }) => ({
        name: t(label),
        of: name,
        go: () => void navigate({ to, params: { org: id } }),
      })),
    ),
    { name: t('nav.allApps'), of: '', go: () => void navigate({ to: '/' }) },
    { name: t('nav.server'), of: '', go: () => void navigate({ to: '/server' }) },
    { name: t('account.title'), of: '', go: () => void navigate({ to: '/account' }) },
    ...others.map(({ app_id, name }) => ({
      name,
      of: app_id,
      go: () => void navigate({ to: '/app/$app', params: { app: app_id } }),
    })),
    ...others.flatMap(({ app_id, name }) => pages(app_id, name)),
  ];
}

const SHOWN = 8;

function Chooser({ places, onDone }: { places: readonly Place[]; onDone: () => void }) {
  const { t } = useWords();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = places
    .filter(({ name, of }) => words.every((word) => `${name} ${of}`.toLowerCase().includes(word)))
    .slice(0, SHOWN);
  const choose = (place: Place | undefined) => {
    if (place === undefined) return;
    onDone();
    place.go();
  };
  return (
    <div className={styles['chooser']}>
      <input
        // biome-ignore lint/a11y/noAutofocus: who opened the palette is about to type
        autoFocus
        role="combobox"
        aria-label={t('palette.title')}
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[at] && `${list}-${at}`}
        placeholder={t('palette.placeholder')}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') choose(found[at]);
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          const step = event.key === 'ArrowDown' ? 1 : -1;
          setAt((at + step + found.length) % Math.max(found.length, 1));
        }}
      />
      <div id={list} role="listbox" aria-label={t('palette.title')}>
        {found.map((place, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the field keeps the focus, as a combobox does
          <div
            key={`${place.name} ${place.of}`}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => choose(place)}
          >
            {place.name} <span>{place.of}</span>
          </div>
        ))}
      </div>
      <p role="status">{found.length === 0 && t('palette.nothing')}</p>
    </div>
  );
}
