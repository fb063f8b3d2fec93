import type { Answer } from '../common/answers.ts';
import { bytes, count, duration, percent } from './format.ts';
import { t, type StringKey } from './strings.ts';

export interface Figure {
  label: string;
  value: string;
  /** Nothing was counted: not worth a line where it is so for all answers. */
  isZero: boolean;
}

/** The line under an answer. */
export function summaryOf({ tokens, timings, coverage }: Answer): string {
  return [
    t('tokensRead', count(tokens.sheet + tokens.prompt)),
    ...(tokens.skipped > 0 ? [t('tokensSkipped', count(tokens.skipped))] : []),
    ...(timings.ttftMs > 0 ? [t('firstToken', duration(timings.ttftMs))] : []),
    ...(coverage.filesTotal > 0 ? [t('covers', count(coverage.files), count(coverage.filesTotal))] : []),
  ].join(' · ');
}

/** Everything that was counted and timed for one answer. */
export function figuresOf(answer: Answer, kvBytes: number | undefined): Figure[] {
  const { tokens, timings, coverage, citations, confidence = 0 } = answer;
  const figure = (label: StringKey, amount: number, value: string): Figure => ({
    label: t(label),
    value,
    isZero: amount === 0,
  });
  const time = (label: StringKey, ms: number): Figure => figure(label, Math.round(ms), duration(ms));
  const number = (label: StringKey, amount: number): Figure => figure(label, amount, count(amount));
  const of = (label: StringKey, part: number, whole: number): Figure =>
    figure(label, whole, t('ofTotal', count(part), count(whole)));
  return [
    time('rowFirstToken', timings.ttftMs),
    time('rowTotal', timings.totalMs),
    time('rowQueue', timings.queueMs),
    time('rowLoad', timings.loadMs),
    time('rowPrefill', timings.prefillMs),
    number('rowSheet', tokens.sheet),
    number('rowPrompt', tokens.prompt),
    number('rowAnswer', tokens.answer),
    number('rowSkipped', tokens.skipped),
    figure('rowBytes', kvBytes ?? 0, bytes(kvBytes ?? 0)),
    of('rowFiles', coverage.files, coverage.filesTotal),
    of('rowTokens', coverage.tokens, coverage.tokensTotal),
    number('rowCitations', citations.length),
    figure('rowConfidence', confidence, percent(confidence)),
  ];
}
