import { t } from './strings.ts';

/** Numbers, times and sizes as the display language writes them. */
const language = (): string | undefined => document.documentElement.lang || undefined;

export function count(value: number): string {
  return new Intl.NumberFormat(language()).format(Math.round(value));
}

/** Share 0–1. */
export function percent(share: number): string {
  return new Intl.NumberFormat(language(), { style: 'percent', maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(
    share,
  );
}

/** Milliseconds, with two or three digits that mean something. */
export function duration(ms: number): string {
  const number = (value: number, digits: number): string =>
    new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value);
  if (ms < 1_000) return t('milliseconds', number(ms, 0));
  if (ms < 10_000) return t('seconds', number(ms / 1_000, 1));
  if (ms < 100_000) return t('seconds', number(ms / 1_000, 0));
  return t('minutes', number(ms / 60_000, 1));
}

export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return new Intl.NumberFormat(language(), {
    style: 'unit',
    unit: units[step]!,
    unitDisplay: 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(value / 1_000 ** step);
}

/** `5 minutes ago`; a date where it is longer than a week ago. Empty for what is no date. */
export function ago(iso: string, now = Date.now()): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return '';
  const minutes = Math.round((then - now) / 60_000);
  const relative = new Intl.RelativeTimeFormat(language(), { numeric: 'auto' });
  if (minutes > -60) return relative.format(Math.min(0, minutes), 'minute');
  if (minutes > -24 * 60) return relative.format(Math.round(minutes / 60), 'hour');
  if (minutes > -7 * 24 * 60) return relative.format(Math.round(minutes / 60 / 24), 'day');
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium' }).format(then);
}
