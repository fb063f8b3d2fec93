import type { Draw } from './draw.ts';

export interface Slots {
  /** A name, and the kind of what it names (absent: unknown). */
  n?: string;
  kind?: string;
  p?: string;
  d?: string;
  m?: string;
}

const callable = new Set(['function', 'method', 'constructor']);

/** Fills a phrasing: names with or without quotes, backticks, brackets or their kind; now and then terse and lower-case. */
export function worded(phrasing: string, slots: Slots, draw: Draw): string {
  const plain = phrasing.replace(/\{([nNpdm])\}/g, (_, slot: 'n' | 'N' | 'p' | 'd' | 'm') => {
    const value = slots[slot === 'N' ? 'n' : slot] ?? '';
    if (slot === 'n') return decorated(value, slots.kind, draw);
    if (slot === 'd') return draw.chance(0.3) ? value.charAt(0).toLowerCase() + value.slice(1) : value;
    return draw.chance(0.2) ? quoted(value, draw) : value;
  });
  if (slots.d !== undefined || !draw.chance(0.12)) return plain;
  const bare = plain.replace(/[?.]$/, '');
  return phrasing.startsWith('{') ? bare : bare.charAt(0).toLowerCase() + bare.slice(1);
}

function decorated(name: string, kind: string | undefined, draw: Draw): string {
  if (draw.chance(0.62)) return name;
  if (draw.chance(0.4)) return quoted(name, draw);
  const known = kind !== undefined && /^[a-z]+$/.test(kind) ? kind : 'function';
  if (callable.has(known) && draw.chance(0.5)) return draw.chance(0.2) ? `\`${name}()\`` : `${name}()`;
  return `the ${known} ${draw.chance(0.3) ? quoted(name, draw) : name}`;
}

function quoted(text: string, draw: Draw): string {
  const mark = draw.pick(['`', '`', '`', '"', "'"]);
  return `${mark}${text}${mark}`;
}
