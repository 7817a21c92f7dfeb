// The pages of an app, for the navigation and the palette, with the letter that follows `g`.

import type { IconName } from '../ui/icons.tsx';
import type { MessageId } from '../words/words.tsx';

interface AppPage {
  readonly to: '/app/$app' | '/app/$app/releases' | '/app/$app/bundles' | '/app/$app/channels' | '/app/$app/devices';
  readonly label: MessageId;
  readonly icon: IconName;
  readonly letter: string;
  /** Every page of the app lies below it, so only this very address counts. */
  readonly isExact: boolean;
}

export const APP_PAGES: readonly AppPage[] = [
  { to: '/app/$app', label: 'nav.now', icon: 'now', letter: 'n', isExact: true },
  { to: '/app/$app/releases', label: 'nav.releases', icon: 'releases', letter: 'r', isExact: false },
  { to: '/app/$app/bundles', label: 'nav.bundles', icon: 'bundles', letter: 'b', isExact: false },
  { to: '/app/$app/channels', label: 'nav.channels', icon: 'channels', letter: 'c', isExact: false },
  { to: '/app/$app/devices', label: 'nav.devices', icon: 'devices', letter: 'd', isExact: false },
];
