import { reasonByName } from '../../src/engine/corpus/filters.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { languageOf } from '../../src/engine/corpus/languages.ts';

/** Prose and style sheets belong to real workspaces, but only a little of them is wanted. */
export const sideLanguages: ReadonlySet<string> = new Set(['markdown', 'css']);

const languages = new Set([...Grammars.languages, ...sideLanguages]);

/** Folders whose files are no sources of the package itself, lower case. */
const foreignFolders = new Set([
  ...['test', 'tests', '__test__', '__tests__', 'testing', 'spec', 'specs', 'e2e', 'mocks', '__mocks__', 'testdata'],
  ...['test-data', 'test_data', 'fixture', 'fixtures', '__fixtures__', '__snapshots__', 'androidtest'],
  ...['node_modules', 'bower_components', 'vendor', 'vendors', '_vendor', 'vendored', '_vendored', 'third_party'],
  ...['third-party', 'thirdparty', '3rdparty', 'external', 'externals', 'extern', 'deps', 'submodules', 'subprojects'],
  ...['locale', 'locales', '_locales', 'locale-data', 'translations', 'cldr'],
  ...['generated', '__generated__', '_generated', 'gen', '__pycache__', '.git', '.github', 'templates'],
]);

const foreignNames: readonly RegExp[] = [
  // Declarations say nothing that the sources do not.
  /\.d\.[cm]?ts$|\.pyi$|\.js\.flow$/,
  /^(?:test_.*|.*_test|conftest|.*_pb2(?:_grpc)?)\.py$/,
  /[._-](?:test|spec|tests|stories|bench)\.[cm]?[jt]sx?$/,
  /_test\.go$|Tests?\.java$|_spec\.rb$/,
  /[.-](?:min|bundle|umd|iife|prod|production|slim)\.[cm]?js$/,
  // Parsers that tree-sitter and others generate.
  /^parser\.(?:c|cpp)$/,
];

/** Change logs and the like: every line of them looks like every other. */
const dullProse = /^(?:change|history|release|news|licen[cs]e|notice|authors|contributors|code_of_conduct|security)/i;

/** May the file at this path (relative to the package) be a source to learn from, as far as its name says? */
export function isSourcePath(path: string, only?: readonly string[]): boolean {
  const language = languageOf(path);
  if (!languages.has(language) || (only !== undefined && !only.includes(language))) return false;
  const parts = path.split('/');
  const name = parts.pop()!;
  if (parts.some((part) => foreignFolders.has(part.toLowerCase()))) return false;
  if (foreignNames.some((pattern) => pattern.test(name))) return false;
  if (language === 'markdown' && dullProse.test(name)) return false;
  return reasonByName(path) === undefined;
}
