import type { Answer } from '../../common/answers.ts';
import { demoModes, type Anywhere, type DemoMode, type Graded, type Summary } from './measure.ts';
import { questionKinds } from './questions.ts';

const label: Record<DemoMode, string> = {
  cache: 'cache',
  rag: 'RAG',
  'rag-equal': 'RAG, equal size',
  none: 'no context',
};

/** One question with what each mode said, where its first citation points, and how long it took. */
export function showQuestion({ question, answers, right }: Graded): string {
  const lines = demoModes.map((mode) => {
    const { answer, citations, timings, tokens, error } = answers[mode];
    const link = citations[0] ? `  → ${citations[0].path}:${citations[0].startLine}-${citations[0].endLine}` : '';
    const cost = `${timings.ttftMs.toFixed(0)} ms, ${tokens.prompt} tokens read`;
    return `  ${right[mode] ? '✓' : '✗'} ${label[mode].padEnd(15)} ${shortened(error?.message ?? answer)}${link}  (${cost})`;
  });
  return [`? ${question.question}`, `  = ${shortened(question.gold)}`, ...lines].join('\n');
}

/** A question without a gold answer, from another sheet. */
export function showFree(question: string, answer: Answer): string {
  const cited = answer.citations.map((c) => `  → ${c.path}:${c.startLine}-${c.endLine}`).join('');
  const text = answer.error ? answer.error.message : answer.answer;
  return `? ${question}\n    ${shortened(text)}${cited}  (${answer.timings.ttftMs.toFixed(0)} ms)`;
}

/** The table that the demo ends with. */
export function showSummary(summary: Summary): string {
  const head = ['', 'asked', ...demoModes.map((m) => label[m])];
  const rows = [
    ...questionKinds.map((kind) => [
      kind,
      String(summary.byKind[kind].asked),
      ...demoModes.map((m) => String(summary.byKind[kind][m])),
    ]),
    [
      'right in all',
      String(summary.questions),
      ...demoModes.map((m) => `${summary.right[m]} (${percent(summary.right[m] / summary.questions)})`),
    ],
    ['first token, median', '', ...demoModes.map((m) => `${summary.ttftMs[m].toFixed(0)} ms`)],
    ['tokens read, median', '', ...demoModes.map((m) => String(summary.promptTokens[m]))],
  ];
  return table([head, ...rows]);
}

export function showIntervals(summary: Summary): string {
  const { cacheOverNone, cacheOverRag, cacheOverRagEqual, ragRecall, ragEqualRecall, whereCited, citations } = summary;
  const points = ({ mean, low, high }: typeof cacheOverNone): string =>
    `${signed(mean)} points (95 % interval ${signed(low)} to ${signed(high)})`;
  return [
    `cache over no context:      ${points(cacheOverNone)}`,
    `cache over RAG:             ${points(cacheOverRag)}`,
    `cache over RAG, equal size: ${points(cacheOverRagEqual)}`,
    '"RAG" reads what serves this model best, "equal size" as many tokens as the sheet has positions.',
    `They had the chunk that holds the answer for ${percent(ragRecall)} and ${percent(ragEqualRecall)} of the questions.`,
    `Of the right "where" answers ${percent(whereCited)} cite lines that hold the definition.`,
    `${citations.shown} citations shown: ${citations.open} open at lines that exist, ${citations.verified} hold the name now; ${citations.fromQuestion} are of the question's name only.`,
  ].join('\n');
}

export function showAnywhere({ questions, right, byCache }: Anywhere): string {
  const rag = questions - byCache;
  return `${questions} questions about the whole folder in mode auto: ${byCache} went to the sheet, ${rag} to RAG; ${right} right.`;
}

/** Columns padded to their widest cell; the first flush left, the others flush right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const signed = (share: number): string => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(0)}`;
const shortened = (text: string): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
};
