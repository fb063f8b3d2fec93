import type { CribKey } from '../../common/cribKeys.ts';
import { strategies } from '../../common/names.ts';
import type { Translate } from '../translate.ts';

/** What a key of the front matter means. */
export function keyText(key: CribKey, t: Translate): string {
  switch (key) {
    case 'id':
      return t(
        'Name of the task: small letters, digits and hyphens, at most 64. A task with the id of a built-in one takes its place.',
      );
    case 'title':
      return t('What lists show. Without it the id is shown.');
    case 'description':
      return t('One sentence for the task picker.');
    case 'ratio':
      return t('Source tokens for each position that the sheet keeps: 8 keeps one of eight.');
    case 'tokens':
      return t('Size of the sheet in positions; goes before the ratio.');
    case 'strategy':
      return t(
        'How the positions to keep are chosen: m0-zs asks with the instruction alone, m0-fs with the examples too, m1 with notes that the model writes; m2 to m4 build on m1.',
      );
    case 'scope':
      return t(
        'Globs of the files that the task is about, relative to the workspace folder. Without it: everything that is not ignored.',
      );
    case 'model':
      return t('Name of the installed model that the task is for. Without it: the one that is set.');
  }
}

/** An example of a value, as a snippet to be filled in. */
export const keySnippets: Record<CribKey, string> = {
  id: 'id: ${1:my-task}',
  title: 'title: ${1:My task}',
  description: 'description: ${1:What the questions are about.}',
  ratio: 'ratio: ${1:8}',
  tokens: 'tokens: ${1:4096}',
  strategy: `strategy: \${1|${strategies.join(',')}|}`,
  scope: 'scope: ["${1:src/**}"]',
  model: 'model: ${1:name}',
};

/** What the marks of the body mean. */
export function markText(mark: 'Q' | 'A' | 'examples', t: Translate): string {
  switch (mark) {
    case 'Q':
      return t('A sample question. Its answer follows in a paragraph that begins with "A:".');
    case 'A':
      return t('The answer to the question above it. Write it the way the answers should be.');
    case 'examples':
      return t('Sample questions and answers. The strategy m0-fs asks them when it decides what to keep.');
  }
}
