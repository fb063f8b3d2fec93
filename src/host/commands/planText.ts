import { limits } from '../../common/limits.ts';
import { staysOnDisk } from '../../common/sheets.ts';
import type { CompressEstimate } from '../worker/compressJobs.ts';
import type { Figures } from '../figures.ts';
import type { Translate } from '../translate.ts';

/** How large a sheet shall be; neither: what task and model say. */
export interface SheetSize {
  ratio?: number;
  tokens?: number;
  /** Everything, on disk: the strategy `offload`. */
  onDisk?: true;
}

const RATIOS = [4, 8, 16, 32] as const;
const SIZES = [1_024, 2_048, 4_096, 8_192] as const;
/** A typed number below this is a ratio and no size: a sheet has room for at least so many positions. */
const MIN_SIZE = 256;

/** What the size picker offers for what was typed: the standard choices, or what a typed number can mean. */
export function sizeChoices(typed: string, preset: SheetSize): SheetSize[] {
  const wanted = typedSizes(typed);
  if (wanted.length > 0) return wanted;
  const own = preset.ratio === undefined && preset.tokens === undefined ? [] : [preset];
  const standard: SheetSize[] = [...RATIOS.map((ratio) => ({ ratio })), ...SIZES.map((tokens) => ({ tokens }))];
  const others = standard.filter((size) => !own.some((other) => isSameSize(size, other)));
  return [...own, {}, ...others, { onDisk: true }];
}

/** `12`, `1:12`, `1/12` are ratios, `4000` is a size in positions; anything else means nothing. */
export function typedSizes(typed: string): SheetSize[] {
  const ratio = /^\s*1\s*[:/]\s*(\d+(?:[.,]\d+)?)\s*$/u.exec(typed)?.[1];
  const plain = /^\s*(\d[\d.,\s]*)\s*$/u.exec(typed)?.[1];
  if (ratio !== undefined) return ratioOf(Number(ratio.replace(',', '.')));
  if (plain === undefined) return [];
  const whole = Number(plain.replaceAll(/[.,\s]/gu, ''));
  if (whole >= MIN_SIZE && whole <= 131_072) return [{ tokens: whole }];
  return ratioOf(Number(plain.trim().replace(',', '.')));
}

const ratioOf = (ratio: number): SheetSize[] => (ratio >= 1 && ratio < MIN_SIZE ? [{ ratio }] : []);

export const isSameSize = (a: SheetSize, b: SheetSize): boolean =>
  a.ratio === b.ratio && a.tokens === b.tokens && a.onDisk === b.onDisk;

/** Name of a choice in the list. @param plan what it comes to, once that is known */
export function sizeLabel(size: SheetSize, figures: Figures, t: Translate, plan?: CompressEstimate): string {
  if (size.onDisk) return t('Keep everything, on disk: for the mode Offload');
  if (size.tokens !== undefined) return t('Sheet of {0} positions', figures.count(size.tokens));
  if (size.ratio !== undefined) return t('Keep one of {0}', figures.number(size.ratio));
  if (plan && staysOnDisk(plan)) return t('As the task says: everything, on disk');
  return plan ? t('As task and model say: one of {0}', figures.number(plan.ratio)) : t('As task and model say');
}

/** `134 of 179 files · 203,000 of 303,554 tokens · 4 min · 4.1 MB · 2,048 positions`: a narrow picker cuts the end off. */
export function estimateText(plan: CompressEstimate, figures: Figures, t: Translate): string {
  const files =
    plan.files === plan.filesTotal
      ? figures.files(plan.filesTotal)
      : t('{0} of {1} files', figures.count(plan.files), figures.count(plan.filesTotal));
  const tokens =
    plan.tokens === plan.tokensTotal
      ? t('{0} tokens', figures.count(plan.tokensTotal))
      : t('{0} of {1} tokens', figures.count(plan.tokens), figures.count(plan.tokensTotal));
  const positions = t('{0} positions', figures.count(plan.positions));
  return [files, tokens, timeText(plan, figures, t), figures.bytes(plan.bytes), positions].join(' · ');
}

function timeText(plan: CompressEstimate, figures: Figures, t: Translate): string {
  if (plan.missing.segments === 0) return t('nothing left to compute');
  const time = figures.duration(plan.ms);
  return plan.rateFrom === 'compression' ? time : t('{0} (first guess)', time);
}

/** What a person should know before it starts; undefined where all is well. */
export function planWarning(plan: CompressEstimate, figures: Figures, t: Translate): string | undefined {
  if (plan.filesTotal === 0) return t('No file is in scope: the sheet would be empty.');
  if (plan.bytes > limits.storeBytes) return t('More than the store may hold ({0}).', figures.bytes(limits.storeBytes));
  if (plan.segments < plan.segmentsTotal) {
    const share = figures.percent(plan.tokensTotal === 0 ? 0 : plan.tokens / plan.tokensTotal);
    return t('Holds {0} of the source; the rest is answered by search (RAG).', share);
  }
  return undefined;
}
