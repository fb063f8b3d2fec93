import type { CodeFile, DataSet, EvalCorpus, EvalQuestion, MakeRequest } from '../types.ts';
import { definedNames } from '../../engine/corpus/naming.ts';
import { codeQuestions } from './codeFacts.ts';
import { Draw, inTurn } from './draw.ts';
import { fill } from './lines.ts';
import { evenShares } from './shares.ts';

const CORPUS_TOKENS = 6_000;
/** A long answer has more tokens than this. */
const LONG_TOKENS = 200;
/** Files of one corpus that are asked to be written out. */
const LONG_PER_CORPUS = 6;

/** {p}: a file. */
export const longForms = [
  'Write one line for each definition of the file {p}: its name with parameters and return type.',
  'List the file {p} in full: every definition as name, parameters and return type, one to a line.',
] as const;

const corpora: Record<MakeRequest['breadth'], number> = { few: 1, core: 4, all: 8 };

/** Questions over real code with answers by parser; a corpus is a set of files of the folder, another one each time. */
export const code: DataSet = {
  name: 'code',
  about: 'real code: where, signature, returns, documentation, callers, calls, file listing; answers by parser',
  needsCode: true,
  make: (request) => {
    const shares = evenShares(request.questions, corpora[request.breadth]);
    const made = shares.map((share, i) => {
      const draw = new Draw(`${request.seed}/code/${i}/${request.draw}`);
      const files = someFiles(request, draw);
      const chosen = inTurn(Object.values(codeQuestions(files, draw)), share);
      return corpusOf(String(i + 1), files, chosen);
    });
    return made.filter((c) => c.questions.length > 0);
  },
};

/** Answers of more than 200 tokens: every definition of a large file, scored by F1 over lines. */
export const longAnswers: DataSet = {
  name: 'long-answers',
  about: 'answers of more than 200 tokens: write out a large file of the folder, one line a definition',
  needsCode: true,
  make: (request) => {
    const candidates = request.code.filter((f) => request.count(linesOf(f).join('\n')) > LONG_TOKENS);
    const draw = new Draw(`${request.seed}/long/${request.draw}`);
    const asked = draw.some(candidates, request.questions);
    const made: EvalCorpus[] = [];
    for (let start = 0; start < asked.length; start += LONG_PER_CORPUS) {
      const targets = asked.slice(start, start + LONG_PER_CORPUS);
      const files = someFiles(request, draw, targets);
      const questions = targets.map((file): Omit<EvalQuestion, 'id'> => ({
        kind: 'whole file',
        group: 'long',
        question: fill(draw.pick(longForms), { p: file.path }),
        gold: linesOf(file),
        scoring: 'lines',
        evidence: definitionsOf(file).map(({ path, nameLine }) => ({ path, startLine: nameLine, endLine: nameLine })),
        by: { lines: linesOf(file).length },
      }));
      made.push(corpusOf(String(made.length + 1), files, questions));
    }
    return made;
  },
};

function corpusOf(id: string, files: readonly CodeFile[], questions: readonly Omit<EvalQuestion, 'id'>[]): EvalCorpus {
  return {
    id,
    files: new Map(files.map((f) => [f.path, f.text])),
    task: 'api-lookup',
    questions: questions.map((q, i) => ({ ...q, id: `${q.kind.replaceAll(' ', '-')}-${i + 1}` })),
  };
}

const definitionsOf = (file: CodeFile): CodeFile['chunks'] =>
  file.chunks.filter((c) => definedNames(c).length === 1 && c.kind !== 'section');

/** One line for each definition, as its card has it. */
function linesOf(file: CodeFile): string[] {
  return definitionsOf(file).map(
    (c) =>
      `${c.name}${c.parameters === undefined ? '' : `(${c.parameters})`}${c.returns === undefined ? '' : `: ${c.returns}`}`,
  );
}

/** Files up to the size of a corpus, `first` among them: whole folders in random order, as long as there is room. */
export function someFiles(request: MakeRequest, draw: Draw, first: readonly CodeFile[] = []): CodeFile[] {
  const folderOf = ({ path }: CodeFile): string => path.slice(0, path.lastIndexOf('/') + 1);
  const folders = draw.shuffled([...Map.groupBy(request.code, folderOf).values()]);
  const chosen = new Set(first);
  let left = (request.tokens ?? CORPUS_TOKENS) - first.reduce((sum, f) => sum + request.count(f.text), 0);
  for (const file of folders.flatMap((folder) => draw.shuffled(folder))) {
    if (left <= 0) break;
    const tokens = request.count(file.text);
    if (chosen.has(file) || tokens > left || definitionsOf(file).length === 0) continue;
    chosen.add(file);
    left -= tokens;
  }
  return [...chosen].sort((a, b) => (a.path < b.path ? -1 : 1));
}
