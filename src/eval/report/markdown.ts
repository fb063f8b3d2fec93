import type { Interval } from '../stats/bootstrap.ts';
import type { Cell } from './cells.ts';
import type { Comparison } from './compare.ts';
import type { Report } from './report.ts';

/** A chart with the name of its file. */
export interface Chart {
  title: string;
  file: string;
}

/** The report as one page. */
export function markdown(report: Report, charts: readonly Chart[]): string {
  const { config } = report;
  const facts = {
    model: `${config.model.name} (${config.model.fingerprint.slice(0, 12)}) on ${config.device}`,
    program: `${config.program}${report.commit === undefined ? '' : `, commit ${report.commit}`}`,
    'seed, date': `${config.seed}, ${report.createdAt}`,
    answers: String(report.answers),
    'RAG tuned to': Object.entries(report.ragTokens)
      .map(([data, tokens]) => `${data} ${tokens} tokens`)
      .join(', '),
  };
  const lines = [
    '# Evaluation',
    '',
    'Made again by:',
    '',
    '```',
    report.command,
    '```',
    '',
    '| | |',
    '|---|---|',
    ...Object.entries(facts)
      .filter(([, said]) => said !== '')
      .map(([name, said]) => `| ${name} | ${said} |`),
    '',
    'Scores are means in per cent with 95 % intervals (bootstrap over corpora and the questions in them). All arms of a ratio',
    'have as many bytes of context. Arms without a ratio stand in every column.',
    '',
    '## Headline',
    '',
    'Questions that the symbol table cannot answer, since no reader is needed for the others.',
    '',
    ...report.modelFree.map(
      ({ data, questions, right }) => `- ${data}: the symbol table answers ${right} of ${questions}.`,
    ),
    ...scoreTables(report.headline),
    ...barTable(report.bars),
    ...section('Differences on the headline questions', report.headlineComparisons),
    '',
    '## All questions',
    ...scoreTables(report.cells),
    '',
    ...charts.flatMap(({ title, file }) => [`![${title}](${file})`, '']),
    ...section('Differences on all questions', report.comparisons),
    '',
    '## By kind of question',
    ...scoreTables(report.kinds),
    '',
    '## What it takes',
    '',
    'Medians. Once for a corpus: compression, or prefill of what stands for all questions. Read: tokens prefilled for one question, and positions of context.',
    '',
    ...costTable(report.cells),
  ];
  return `${lines.join('\n')}\n`;
}

function scoreTables(cells: readonly Cell[]): string[] {
  return [...Map.groupBy(cells, (c) => `${c.data}, ${c.group}`)].flatMap(([title, list]) => {
    const ratios = [...new Set(list.flatMap((c) => c.ratio ?? []))].sort((a, b) => a - b);
    const columns = ratios.length > 0 ? ratios : [null];
    const most = Math.max(...list.map((c) => c.questions));
    const rows = [...Map.groupBy(list, (c) => c.arm)].map(([arm, own]) => {
      const shown = columns.map((ratio) => scored(own.find((c) => c.ratio === ratio || c.ratio === null)));
      return `| ${arm} | ${shown.join(' | ')} |`;
    });
    return [
      '',
      `**${title}** (${most} questions)`,
      '',
      `| arm | ${columns.map((r) => (r === null ? 'score' : `${r}x`)).join(' | ')} |`,
      `|---|${columns.map(() => '---').join('|')}|`,
      ...rows,
    ];
  });
}

function barTable(bars: Report['bars']): string[] {
  if (bars.length === 0) return [];
  const rows = bars.map(({ wanted, found, met }) => `| ${wanted} | ${found} | ${met ? 'yes' : 'no'} |`);
  return ['', '### Bars', '', '| wanted | found, points | met |', '|---|---|---|', ...rows];
}

function scored(cell: Cell | undefined): string {
  if (!cell) return '–';
  if (cell.questions === cell.unable) return 'does not fit';
  const extra = cell.recall === undefined ? '' : `, recall ${percent(cell.recall)}`;
  const perplexity =
    cell.perplexity === undefined ? '' : `; ppl ${cell.perplexity < 1_000 ? cell.perplexity.toFixed(1) : '> 1000'}`;
  return `${percent(cell.score.mean)} (${percent(cell.score.low)}–${percent(cell.score.high)})${perplexity}${extra}`;
}

function section(title: string, list: readonly Comparison[]): string[] {
  if (list.length === 0) return [];
  const rows = list.map(
    (c) =>
      `| ${c.data}, ${c.group} | ${c.arm} − ${c.baseline} | ${c.ratio}x | ${c.questions} | ${points(c.difference)} | ${c.corrected.toFixed(3)} |`,
  );
  return [
    '',
    `### ${title}`,
    '',
    'Paired, in points. p after Holm over all cells with the same baseline.',
    '',
    '| questions | arms | ratio | n | difference | p |',
    '|---|---|---|---|---|---|',
    ...rows,
  ];
}

function costTable(cells: readonly Cell[]): string[] {
  const rows = cells
    .filter((c) => c.questions > c.unable)
    .map(
      (c) =>
        `| ${c.data}, ${c.group} | ${c.arm} | ${c.ratio === null ? '' : `${c.ratio}x`} | ${(c.bytes / 1e6).toFixed(2)} | ${c.disk === undefined ? '' : (c.disk / 1e6).toFixed(2)} | ${Math.round(c.positions)} | ${Math.round(c.prefilled)} | ${percent(c.coverage)} % | ${Math.round(c.prepareMs)} | ${c.ttftMs.toFixed(1)} | ${c.totalMs.toFixed(1)} |`,
    );
  return [
    '| questions | arm | ratio | context MB | disk MB | positions | tokens read | covers | once, ms | first token, ms | answer, ms |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ];
}

const percent = (share: number): string => (100 * share).toFixed(1);
const signed = (share: number): string => `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)}`;
const points = ({ mean, low, high }: Interval): string => `${signed(mean)} (${signed(low)} to ${signed(high)})`;
