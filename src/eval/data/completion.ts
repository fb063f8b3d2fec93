import type { CodeFile, DataSet, EvalCorpus, EvalQuestion, MakeRequest } from '../types.ts';
import { someFiles } from './code.ts';
import { Draw } from './draw.ts';
import { fill } from './lines.ts';
import { evenShares } from './shares.ts';
import { completionTask } from './tasks.ts';

/** Lines of the file that a question shows before the one to be written. */
const SHOWN = 8;
/** At most this share of a corpus is cut off: the rest is what can help. */
const CUT_SHARE = 0.4;
const LANGUAGES = new Set([
  'typescript',
  'tsx',
  'javascript',
  'python',
  'go',
  'rust',
  'java',
  'c',
  'cpp',
  'csharp',
  'php',
  'ruby',
]);

/** {p}: a file, {l}: lines of it. */
export const completionForms = [
  'Continue the file {p} by one line. Its last lines are:\n\n{l}',
  'Which line should follow these last lines of {p}?\n\n{l}',
] as const;

const corpora: Record<MakeRequest['breadth'], number> = { few: 1, core: 4, all: 8 };

/**
 * The next line of code, as in LCC and RepoBench (LongBench, arXiv 2308.14508): some files are cut off in the middle of
 * a function, so that the line itself is nowhere in the corpus; the rest of the files is the context.
 */
export const completion: DataSet = {
  name: 'completion',
  about: 'the next line of files that are cut off, scored by edit similarity as in LongBench',
  needsCode: true,
  make: (request) => {
    const shares = evenShares(request.questions, corpora[request.breadth]);
    return shares.map((share, i) => corpus(request, i, share)).filter((c) => c.questions.length > 0);
  },
};

function corpus(request: MakeRequest, number: number, count: number): EvalCorpus {
  const draw = new Draw(`${request.seed}/completion/${number}/${request.draw}`);
  const files = someFiles(request, draw);
  const texts = new Map(files.map((f) => [f.path, f.text]));
  const total = files.reduce((sum, f) => sum + f.text.length, 0);
  const questions: EvalQuestion[] = [];
  let cut = 0;
  for (const file of draw.shuffled(files)) {
    const place = questions.length < count ? placeIn(file, draw) : undefined;
    if (!place) continue;
    const rows = file.text.split('\n');
    const left = rows.slice(0, place).join('\n') + '\n';
    if ((cut + file.text.length - left.length) / total > CUT_SHARE) continue;
    cut += file.text.length - left.length;
    texts.set(file.path, left);
    questions.push({
      id: `next-line-${questions.length + 1}`,
      kind: 'next line',
      group: 'code',
      question: fill(draw.pick(completionForms), {
        p: file.path,
        l: rows.slice(Math.max(0, place - SHOWN), place).join('\n'),
      }),
      gold: [rows[place]!],
      scoring: 'next-line',
      evidence: [{ path: file.path, startLine: Math.max(1, place - SHOWN + 1), endLine: place }],
    });
  }
  return { id: String(number + 1), files: texts, task: completionTask, questions };
}

/** Index of a line of code in the middle of a function: not the first lines of the file, no bracket alone, nothing that the score passes over. */
function placeIn(file: CodeFile, draw: Draw): number | undefined {
  const rows = file.text.split('\n');
  const inside = file.chunks
    .filter((c) => LANGUAGES.has(c.language) && c.endLine - c.nameLine >= 4)
    .flatMap((c) => Array.from({ length: c.endLine - c.nameLine - 2 }, (_, i) => c.nameLine + 1 + i))
    .filter(
      (at) =>
        at >= SHOWN &&
        /^\s+[A-Za-z_$].{9,}/.test(rows[at] ?? '') &&
        rows[at]!.length < 160 &&
        !/\r$|[`#]|\/\//.test(rows[at]!),
    );
  return inside.length > 0 ? draw.pick(inside) : undefined;
}
