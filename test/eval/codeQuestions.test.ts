import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { code as codeSet, longAnswers } from '../../src/eval/data/code.ts';
import { completion } from '../../src/eval/data/completion.ts';
import type { CodeFile, EvalCorpus, EvalQuestion } from '../../src/eval/types.ts';
import { grammarFolder } from '../corpus/grammarFolder.ts';
import { count, readCode, request, textAt } from './made.ts';

let files: CodeFile[];
let remove: () => Promise<void> | void;
let asked: { corpus: EvalCorpus; q: EvalQuestion }[];
beforeAll(async () => {
  const made = await grammarFolder();
  remove = made.remove;
  files = await readCode(await Grammars.open(made.folder));
  asked = codeSet
    .make(request({ code: files, questions: 240, tokens: 9_000 }))
    .flatMap((corpus) => corpus.questions.map((q) => ({ corpus, q })));
});
afterAll(() => remove());

const squeezed = (text: string): string => text.replace(/\s+/g, '').replace(/,(?=[)}\]])/g, '');
/** What the question is about: the word that is a definition or a path. */
const subject = ({ question }: EvalQuestion): string =>
  /[\w./-]+\.ts\b/.exec(question)?.[0] ??
  question.match(/\b(?:[a-z]+[A-Z]|[A-Z]\w*[a-z]|#)\w*\b/g)?.at(-1) ??
  question.match(/\w+/g)!.at(-1)!;
const of = (kind: string): typeof asked => asked.filter(({ q }) => q.kind === kind);

describe('answers by parser, checked against the text itself', () => {
  test('every kind is asked', () => {
    expect([...new Set(asked.map(({ q }) => q.kind))].sort()).toEqual([
      'callers',
      'documentation',
      'files of calls',
      'listing',
      'name by description',
      'results of calls',
      'returns',
      'signature',
      'where',
    ]);
    expect(asked.filter(({ q }) => q.group === 'join').map(({ q }) => q.kind)).toContain('files of calls');
  });

  test('where: the declaration stands in that file and in no other', () => {
    for (const { corpus, q } of of('where')) {
      const name = subjectIn(corpus, q);
      const declares = new RegExp(
        `(?:function\\*?|class|interface|type|const|let|async|static|get|set|private|readonly|^\\s+#?)\\s*#?${name}\\b`,
        'm',
      );
      expect([name, [...corpus.files].filter(([, text]) => declares.test(text)).map(([path]) => path)]).toEqual([
        name,
        expect.arrayContaining([...q.gold]),
      ]);
    }
  });

  test('signature and return type stand in the text after the name', () => {
    for (const { corpus, q } of [...of('signature'), ...of('returns')]) {
      const text = squeezed(corpus.files.get(q.evidence[0]!.path)!);
      const gold = squeezed(q.gold[0]!);
      expect(text.includes(q.kind === 'returns' ? `:${gold}` : `(${gold})`)).toBe(true);
    }
  });

  test('documentation: its words stand in a comment above the name', () => {
    for (const { corpus, q } of of('documentation')) {
      const lines = corpus.files.get(q.evidence[0]!.path)!.split('\n').slice(0, q.evidence[0]!.startLine);
      const above = lines.join(' ').replace(/[*/\s]+/g, ' ');
      expect(above).toContain(q.gold[0]!.replace(/[*/\s]+/g, ' ').replace(/\.$/, ''));
    }
  });

  test('callers: in each of them, and in no other definition that the text shows, the name is called', () => {
    for (const { corpus, q } of of('callers')) {
      const name = subjectIn(corpus, q);
      const chunks = files.filter((f) => corpus.files.has(f.path)).flatMap((f) => f.chunks);
      const call = new RegExp(`(?<![\\w$])${name}\\s*(?:<[^<>()]*>)?\\(`);
      for (const gold of q.gold)
        expect([name, gold, chunks.some((c) => c.name === gold && call.test(c.text))]).toEqual([name, gold, true]);
    }
  });

  test('calls: the body of the definition calls what stands in those files, with those return types', () => {
    for (const { corpus, q } of [...of('files of calls'), ...of('results of calls')]) {
      const name = subjectIn(corpus, q);
      const chunks = files.filter((f) => corpus.files.has(f.path)).flatMap((f) => f.chunks);
      const [own] = chunks.filter((c) => c.name === name);
      const called = chunks.filter(
        (c) =>
          c !== own && /^\w+$/.test(c.name) && new RegExp(`(?<![\\w$])${c.name}\\s*(?:<[^<>()]*>)?\\(`).test(own!.text),
      );
      const facts = q.kind === 'files of calls' ? called.map((c) => c.path) : called.map((c) => c.returns);
      for (const gold of q.gold) expect([name, facts]).toEqual([name, expect.arrayContaining([gold])]);
    }
  });

  test('name by description: one comment of the corpus says so, and it is that of the name', () => {
    for (const { corpus, q } of of('name by description')) {
      const chunks = files.filter((f) => corpus.files.has(f.path)).flatMap((f) => f.chunks);
      expect(chunks.filter((c) => c.doc && q.question.includes(c.doc)).map((c) => c.name)).toEqual([...q.gold]);
    }
  });

  test('listing: each name is declared in the file', () => {
    for (const { corpus, q } of of('listing')) {
      const path = subject(q);
      for (const name of q.gold) expect(corpus.files.get(path)).toMatch(new RegExp(`\\b${name.replace(/^#/, '')}\\b`));
    }
  });

  function subjectIn(corpus: EvalCorpus, q: EvalQuestion): string {
    const names = new Set(files.filter((f) => corpus.files.has(f.path)).flatMap((f) => f.chunks.map((c) => c.name)));
    const found = (q.question.match(/[\w$]+/g) ?? []).filter((w) => names.has(w)).sort((x, y) => y.length - x.length);
    return (
      found.find((w) => !['definitions', 'code', 'file', 'files', 'call', 'called', 'calls'].includes(w)) ?? found[0]!
    );
  }
});

test('long answers have more than 200 tokens', () => {
  const corpora = longAnswers.make(request({ code: files, questions: 4, tokens: 9_000 }));
  const questions = corpora.flatMap((c) => c.questions);
  expect(questions.length).toBeGreaterThan(0);
  for (const q of questions) {
    expect(count(q.gold.join('\n'))).toBeGreaterThan(200);
    const text = squeezed(corpora.find((c) => c.questions.includes(q))!.files.get(subject(q))!);
    for (const line of q.gold) expect(text).toContain(squeezed(/^[^(:]+/.exec(line)![0]).replace(/^#/, ''));
  }
});

test('completion: the file ends right before the line that it went on with, and the question shows what stands before', () => {
  const corpora = completion.make(request({ code: files, questions: 12, tokens: 12_000 }));
  const questions = corpora.flatMap((corpus) => corpus.questions.map((q) => ({ corpus, q })));
  expect(questions.length).toBeGreaterThan(3);
  for (const { corpus, q } of questions) {
    const [place] = q.evidence;
    const left = corpus.files.get(place!.path)!;
    const whole = files.find((f) => f.path === place!.path)!.text;
    expect(whole.startsWith(`${left}${q.gold[0]!}\n`)).toBe(true);
    expect(q.question.endsWith(textAt(corpus, place!))).toBe(true);
  }
});
