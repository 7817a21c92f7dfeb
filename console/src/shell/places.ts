// The pages of an app, of an organization and of the server, for the navigation and the palette, with the letter that follows `g`.

import type { IconName } from '../ui/icons.tsx';
import type { MessageId } from '../words/words.tsx';

interface Named {
  readonly label: MessageId;
  readonly icon: IconName;
  readonly letter: string;
}

interface AppPlace extends Named {
  readonly to:
    | '/app/$app'
    | '/app/$app/releases'
    | '/app/$app/bundles'
    | '/app/$app/channels'
    | '/app/$app/devices'
    | '/app/$app/events'
    | '/app/$app/push'
    | '/app/$app/settings';
  /** Every page of the app lies below it, so only this very address counts. */
  readonly isExact?: boolean;
  /** In the bar at the bottom of a phone, which has room for four. */
  readonly isInBar?: boolean;
}

export const APP_PLACES: readonly AppPlace[] = [
  { to: '/app/$app', label: 'nav.now', icon: 'now', letter: 'n', isExact: true, isInBar: true },
  { to: '/app/$app/releases', label: 'nav.releases', icon: 'releases', letter: 'r', isInBar: true },
  { to: '/app/$app/bundles', label: 'nav.bundles', icon: 'bundles', letter: 'b' },
  { to: '/app/$app/channels', label: 'nav.channels', icon: 'channels', letter: 'c' },
  { to: '/app/$app/devices', label: 'nav.devices', icon: 'devices', letter: 'd', isInBar: true },
  { to: '/app/$app/events', label: 'nav.events', icon: 'events', letter: 'e' },
  { to: '/app/$app/push', label: 'nav.push', icon: 'push', letter: 'p', isInBar: true },
  { to: '/app/$app/settings', label: 'nav.settings', icon: 'settings', letter: 's' },
];

interface OrganizationPlace extends Named {
  readonly to:
    | '/org/$org/members'
    | '/org/$org/keys'
    | '/org/$org/webhooks'
    | '/org/$org/groups'
    | '/org/$org/audit'
    | '/org/$org/security';
}

export const ORGANIZATION_PLACES: readonly OrganizationPlace[] = [
  { to: '/org/$org/members', label: 'nav.members', icon: 'people', letter: 'm' },
  { to: '/org/$org/keys', label: 'nav.keys', icon: 'key', letter: 'k' },
  { to: '/org/$org/webhooks', label: 'nav.webhooks', icon: 'hook', letter: 'w' },
  { to: '/org/$org/groups', label: 'nav.groups', icon: 'groups', letter: 'o' },
  { to: '/org/$org/audit', label: 'nav.audit', icon: 'audit', letter: 'l' },
  { to: '/org/$org/security', label: 'nav.security', icon: 'lock', letter: 'y' },
];
