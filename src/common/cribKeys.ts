import { strategies } from './names.ts';

/** The keys of a `.crib` file's front matter, with the values that each one takes. */
export const cribKeys = {
  id: 'small letters, digits and hyphens, at most 64, for example my-task',
  title: 'text',
  description: 'text',
  ratio: 'a number of at least 1, for example 8',
  tokens: 'a whole number of at least 1, for example 4096',
  strategy: `one of ${strategies.join(', ')}`,
  scope: 'a list of globs relative to the workspace folder, for example ["src/**"]',
  model: 'the name of a model',
} as const;
export type CribKey = keyof typeof cribKeys;

export const isCribKey = (name: string): name is CribKey => Object.hasOwn(cribKeys, name);
