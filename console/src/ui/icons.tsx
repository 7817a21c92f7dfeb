// Signs, drawn in the colour of the text. They stand beside words and say nothing to screen readers.

const paths = {
  good: 'M20 6 9 17l-5-5',
  warn: 'M12 9v4m0 4h.01M10.3 3.9 1.8 18a2 2 0 0 0 1.7 3h17a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z',
  bad: 'M12 8v4m0 4h.01M7.9 2h8.2L22 7.9v8.2L16.1 22H7.9L2 16.1V7.9Z',
  wait: 'M12 7v5l3 2m6-2a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  stop: 'M6 6h12v12H6Z',
  back: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
  next: 'm9 6 6 6-6 6',
  copy: 'M9 9h11v11H9ZM5 15H4V4h11v1',
  search: 'm21 21-4.3-4.3M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Z',
  close: 'm6 6 12 12M18 6 6 18',
  now: 'M3 12h4l3 8 4-16 3 8h4',
  releases: 'M12 3v12m0 0-4-4m4 4 4-4M4 20h16',
  bundles: 'M12 2 3 7v10l9 5 9-5V7Zm0 0v20M3 7l9 5 9-5',
  channels: 'M6 3v12m0 0a3 3 0 1 0 0 6 3 3 0 0 0 0-6Zm12-6a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm0 0a9 9 0 0 1-9 9',
  devices: 'M7 2h10a1 1 0 0 1 1 1v18a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1Zm5 16h.01',
  events: 'M4 6h16M4 12h10M4 18h13',
  people: 'M16 20a4 4 0 0 0-8 0M12 13a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm9 6a4 4 0 0 0-3-3.9M16 5.2a4 4 0 0 1 0 6.6',
  key: 'M8 21a5 5 0 1 1 3.5-8.5L20 4m-3.5 3.5 3 3M8 16h.01',
  apps: 'M4 4h6v6H4Zm10 0h6v6h-6ZM4 14h6v6H4Zm10 0h6v6h-6Z',
  push: 'M18 8a6 6 0 0 0-12 0c0 7-3 8-3 9h18c0-1-3-2-3-9M10.3 21a2 2 0 0 0 3.4 0',
  groups: 'M4 5h7v7H4Zm9 7h7v7h-7ZM15 5h5v4h-5ZM4 15h6v4H4Z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  hook: 'M10 13a5 5 0 0 0 7.5.5l3-3a5 5 0 0 0-7-7l-1.7 1.7M14 11a5 5 0 0 0-7.5-.5l-3 3a5 5 0 0 0 7 7l1.7-1.7',
  audit: 'M9 12l2 2 4-4M12 2l8 3v6c0 5-3.4 9.3-8 11-4.6-1.7-8-6-8-11V5Z',
  lock: 'M6 11h12v10H6ZM8 11V7a4 4 0 0 1 8 0v4',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4',
  server: 'M3 4h18v7H3Zm0 9h18v7H3Zm4-5.5h.01M7 16.5h.01',
  upload: 'M12 16V4m0 0L7 9m5-5 5 5M4 20h16',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4v16l13-8Z',
  plus: 'M12 5v14M5 12h14',
  send: 'M21 3 10 14M21 3l-7 18-4-7-7-4Z',
  person: 'M19 21a7 7 0 0 0-14 0M12 12a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  );
}
