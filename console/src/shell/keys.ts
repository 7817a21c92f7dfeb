// Keys of the whole page. Single letters do nothing in fields, and can be switched off (WCAG 2.1.4).

import { useEffect, useRef } from 'react';

const KEPT_OFF = 'overair-letters-off';
/** How long after `g` the next letter still belongs to it. */
const FOLLOWS_WITHIN_MS = 1_500;

interface KeyActs {
  readonly open: () => void;
  readonly help: () => void;
  readonly goTo: (letter: string) => void;
  /** Takes the command of the page to the clipboard. */
  readonly copy: () => void;
}

export function lettersAreOn(): boolean {
  try {
    return localStorage.getItem(KEPT_OFF) === null;
  } catch {
    return true;
  }
}

export function switchLetters(isOn: boolean): void {
  try {
    if (isOn) localStorage.removeItem(KEPT_OFF);
    else localStorage.setItem(KEPT_OFF, '1');
  } catch {
    // A browser that keeps nothing keeps the letters on.
  }
}

const isTyping = ({ target }: KeyboardEvent) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useKeys(acts: KeyActs): void {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    let goneAt = 0;
    function onKey(event: KeyboardEvent) {
      if (event.key === 'k' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        latest.current.open();
        return;
      }
      const isOther = event.ctrlKey || event.metaKey || event.altKey;
      if (isOther || isTyping(event) || document.querySelector('dialog[open]') || !lettersAreOn()) return;
      if (event.timeStamp - goneAt < FOLLOWS_WITHIN_MS) {
        goneAt = 0;
        latest.current.goTo(event.key);
      } else if (event.key === 'g') goneAt = event.timeStamp;
      else if (event.key === '?') latest.current.help();
      else if (event.key === '.') latest.current.copy();
      else if (event.key === '/') {
        event.preventDefault();
        (document.querySelector<HTMLElement>('[data-search]') ?? { focus: latest.current.open }).focus();
      } else if (event.key === 'j' || event.key === 'k') moveInRows(event.key === 'j' ? 1 : -1);
    }
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

/** To the first link of the next row, or of the one before. */
function moveInRows(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? 0 : at + step;
  rows[next]?.querySelector<HTMLElement>('a, button')?.focus();
}
