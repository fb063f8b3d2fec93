import type { Translate } from './translate.ts';

/**
 * Numbers, sizes and times as people of one language read them. The first formatter of a process loads the data of all
 * languages, which costs some 20 ms: none is made before there is something to format.
 */
export class Figures {
  private readonly asked: string;
  private known: string | undefined;
  private readonly formats: Intl.NumberFormat[] = [];
  private readonly t: Translate;

  /** @param language a BCP 47 tag, as `vscode.env.language`; one that Intl does not know counts as English */
  constructor(language: string, t: Translate) {
    this.asked = language;
    this.t = t;
  }

  /** `12,345` */
  count(n: number): string {
    return this.format(0).format(n);
  }

  /** With one digit after the point: `3.5`; without where it is whole or large. */
  number(n: number): string {
    return Math.abs(n) >= 100 ? this.count(n) : this.format(1).format(n);
  }

  /** `1 file`, `12 files` */
  files(n: number): string {
    return n === 1 ? this.t('1 file') : this.t('{0} files', this.count(n));
  }

  /** Decimal units: `5.9 MB`. */
  bytes(n: number): string {
    const units = ['B', 'kB', 'MB', 'GB', 'TB'];
    let unit = 0;
    let rest = n;
    while (rest >= 999.5 && unit < units.length - 1) {
      rest /= 1_000;
      unit++;
    }
    return `${unit === 0 ? this.count(rest) : this.number(rest)} ${units[unit]!}`;
  }

  /** A duration to plan with: `less than a minute`, `4 min`, `1 h 20 min`. */
  duration(ms: number): string {
    const minutes = Math.round(ms / 60_000);
    if (ms < 45_000) return this.t('less than a minute');
    if (minutes < 60) return this.t('{0} min', Math.max(1, minutes));
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    return rest === 0 ? this.t('{0} h', hours) : this.t('{0} h {1} min', hours, rest);
  }

  /** How long ago: `now`, `5 minutes ago`, `yesterday`. @param iso ISO 8601 */
  age(iso: string, now = Date.now()): string {
    const seconds = (Date.parse(iso) - now) / 1_000;
    if (Number.isNaN(seconds)) return '';
    const format = new Intl.RelativeTimeFormat(this.language, { numeric: 'auto' });
    if (seconds > -45) return format.format(0, 'second');
    const units: [Intl.RelativeTimeFormatUnit, number][] = [
      ['minute', 60],
      ['hour', 3_600],
      ['day', 86_400],
      ['month', 30 * 86_400],
      ['year', 365 * 86_400],
    ];
    const [unit, size] = units.findLast(([, size]) => -seconds >= size * 0.75) ?? units[0]!;
    return format.format(Math.min(-1, Math.round(seconds / size)), unit);
  }

  /** `50 %` in the way of the language. */
  percent(share: number): string {
    return new Intl.NumberFormat(this.language, { style: 'percent', maximumFractionDigits: 0 }).format(share);
  }

  private get language(): string {
    return (this.known ??= knownLanguage(this.asked));
  }

  private format(digits: 0 | 1): Intl.NumberFormat {
    return (this.formats[digits] ??= new Intl.NumberFormat(this.language, { maximumFractionDigits: digits }));
  }
}

function knownLanguage(language: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf(language)[0] ?? 'en';
  } catch {
    return 'en'; // not a language tag at all, such as VS Code's "qps-ploc" on some systems
  }
}
