import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Imports point one way. Each folder names what it must not reach; the message says which way is right. */
const runtimes = ['common', 'engine', 'eval', 'worker', 'host', 'webview', 'cli'];
const mayImport = {
  common: [],
  engine: ['common'],
  eval: ['common', 'engine'],
  worker: ['common', 'engine'],
  cli: ['common', 'engine', 'eval'],
  host: ['common'],
  webview: ['common'],
};
/** Inside the engine: corpus, model ← compress ← sheet ← answer; corpus ← retrieve ← answer. */
const engineParts = ['corpus', 'model', 'compress', 'sheet', 'retrieve', 'answer'];
const engineMayImport = {
  corpus: [],
  model: [],
  compress: ['corpus', 'model'],
  sheet: ['corpus', 'model', 'compress'],
  retrieve: ['corpus'],
  answer: ['corpus', 'model', 'compress', 'sheet', 'retrieve'],
};

/** @param up what leads from these files to the folder that holds all of them; default: any way */
function direction(files, all, allowed, self, where, up = '\\.\\.?/(?:.*/)?') {
  const forbidden = all.filter((name) => name !== self && !allowed.includes(name));
  return {
    files: [files],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^${up}(?:${forbidden.join('|')})/`,
              message: `${where} may import only: ${allowed.join(', ') || 'nothing of the others'}. See ARCHITECTURE.md.`,
            },
            ...(self === 'host' ? [] : [{ regex: '^vscode$', message: 'Only src/host knows VS Code.' }]),
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'bench/work', 'training/work', 'test/fixtures', 'test/work', 'vsix', 'models'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-console': 'error',
      'max-lines': ['error', 500],
    },
  },
  ...runtimes
    .filter((name) => name !== 'host')
    .map((name) => direction(`src/${name}/**/*.ts`, runtimes, mayImport[name], name, `src/${name}`)),
  // The host has a folder "worker" of its own: what looks after the worker process.
  direction('src/host/*.ts', runtimes, mayImport.host, 'host', 'src/host', '\\.\\./'),
  direction('src/host/*/**/*.ts', runtimes, mayImport.host, 'host', 'src/host', '\\.\\./\\.\\./'),
  {
    // extension.ts loads nothing, and tells nothing of a workspace.
    files: ['src/host/**/*.ts'],
    ignores: ['src/host/messages.ts', 'src/host/extension.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['showInformationMessage', 'showWarningMessage', 'showErrorMessage'].map((property) => ({
          property,
          message: 'Text of a workspace would become links there: use src/host/messages.ts.',
        })),
        { property: 'Notification', message: 'See withNotification in src/host/messages.ts.' },
      ],
    },
  },
  {
    files: ['src/host/extension.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!vscode$|\\./main\\.ts$)',
              message: 'VS Code waits for this file: all else is loaded by main.ts. See ARCHITECTURE.md.',
            },
            { regex: '^\\./main\\.ts$', allowTypeImports: true, message: 'Load it with import(), after activation.' },
          ],
        },
      ],
    },
  },
  ...engineParts.map((name) => {
    const forbidden = [...runtimes.filter((r) => r !== 'common' && r !== 'engine'), ...engineParts];
    return direction(`src/engine/${name}/**/*.ts`, forbidden, engineMayImport[name], name, `src/engine/${name}`);
  }),
  { files: ['src/cli/**/*.ts', 'bench/**', 'packaging/**', 'test/**', '*.mjs'], rules: { 'no-console': 'off' } },
  { files: ['**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
);
