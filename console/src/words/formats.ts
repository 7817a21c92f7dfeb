// Numbers, shares, sizes and times as a language writes them.

export interface Formats {
  number(value: number): string;
  /** `share` of 1; one digit behind the point below 10 % and above 90 %, where it matters. */
  percent(share: number): string;
  bytes(value: number): string;
  /** In the viewer's zone. */
  dateTime(at: string | Date): string;
  /** The same moment in UTC. */
  utc(at: string | Date): string;
  /** "5 minutes ago", or "in 3 days". */
  ago(at: string | Date, now: number): string;
  /** A length of time in its two largest units. */
  duration(seconds: number): string;
}

const STEPS: readonly [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];
const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function openFormats(language: string): Formats {
  const number = new Intl.NumberFormat(language);
  const coarse = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  const fine = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const local = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const utc = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long', timeZone: 'UTC' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(language, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: 1,
    }).format(value);
  return {
    number: (value) => number.format(value),
    percent: (share) => (share > 0.1 && share < 0.9 ? coarse : fine).format(roundedDown(share)),
    bytes(value) {
      const power = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), SIZES.length - 1);
      return unit(value / 1000 ** power, SIZES[power] as string);
    },
    dateTime: (at) => local.format(new Date(at)),
    utc: (at) => utc.format(new Date(at)),
    ago(at, now) {
      const ms = new Date(at).getTime() - now;
      const [name, size] = STEPS.find(([, each]) => Math.abs(ms) >= each) ?? ['second', 1000];
      return relative.format(Math.trunc(ms / size), name as Intl.RelativeTimeFormatUnit);
    },
    duration(seconds) {
      const [first, size] = STEPS.find(([, each]) => seconds * 1000 >= each) ?? ['second', 1000];
      return unit((seconds * 1000) / (size as number), first as string);
    },
  };
}

/** 999 of 1,000 is not "100 %": nobody may read that all is done while one phone is not. */
const roundedDown = (share: number) => (share < 1 && share > 0.999 ? 0.999 : share);
