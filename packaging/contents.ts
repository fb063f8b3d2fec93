import { runtimeBinaries, type Target } from './targets.ts';

/** Largest VSIX that is still passed, in bytes. */
export const MAX_VSIX_BYTES = 60 * 1000 * 1000;

/** Where the runtime lies in the package: beside the bundle that imports it, so Node finds it there first. */
export const runtimeFolder = 'dist/node_modules';

/**
 * What is taken from the repository as it is, besides the bundles and the runtime. The check below names the files once
 * more by pattern: what gets into these folders by accident is found there.
 */
export const copied: readonly string[] = [
  'CHANGELOG.md',
  'LICENSE',
  'media',
  'syntaxes',
  'snippets',
  'l10n',
  'models/starter',
];

/** What becomes the README of the package; the repository's own is about the repository. */
export const readme = 'docs/extension.md';

/** Bundles that the extension uses. The command line is not among them: it comes with the repository. */
export const shippedBundles = ['extension.cjs', 'host.cjs', 'worker.js', 'webview.js', 'webview.css'];

const name = '[A-Za-z0-9_][A-Za-z0-9_.-]*';

/** Paths inside the VSIX that may be there. Everything else fails the check. */
export function allowed(target: Target): RegExp[] {
  const patterns = [
    String.raw`\[Content_Types\]\.xml`,
    String.raw`extension\.vsixmanifest`,
    String.raw`extension/package\.json`,
    String.raw`extension/package\.nls(\.[a-z-]+)?\.json`,
    String.raw`extension/readme\.md`,
    String.raw`extension/changelog\.md`,
    String.raw`extension/LICENSE\.txt`,
    String.raw`extension/THIRD-PARTY-NOTICES\.txt`,
    String.raw`extension/dist/(${shippedBundles.map(escaped).join('|')}|codicon\.(css|ttf))`,
    String.raw`extension/dist/grammars/${name}\.wasm`,
    String.raw`extension/media/(${name}/)*${name}\.(svg|png|crib)`,
    String.raw`extension/syntaxes/${name}\.json`,
    String.raw`extension/snippets/${name}\.(json|code-snippets)`,
    String.raw`extension/l10n/bundle\.l10n(\.[a-z-]+)?\.json`,
    String.raw`extension/models/starter/(README\.md|CORPUS\.md|chat_template\.jinja|${name}\.json|model\.onnx(\.data)?)`,
  ];
  if (target.runtime !== undefined) {
    const files = target.runtime.files.map(escaped).join('|');
    const node = `extension/${runtimeFolder}/onnxruntime-node`;
    patterns.push(
      String.raw`${node}/package\.json`,
      String.raw`${node}/dist/${name}\.js`,
      `${node}/${runtimeBinaries}/${target.runtime.folder}/(${files})`,
      String.raw`extension/${runtimeFolder}/onnxruntime-common/package\.json`,
      String.raw`extension/${runtimeFolder}/onnxruntime-common/dist/cjs/(package\.json|${name}\.js)`,
    );
  }
  return patterns.map((pattern) => new RegExp(`^${pattern}$`));
}

/** Paths inside the VSIX without which the extension does not work or must not be given away. */
export function required(target: Target): string[] {
  const files = [
    'package.json',
    'readme.md',
    'changelog.md',
    'LICENSE.txt',
    'THIRD-PARTY-NOTICES.txt',
    'dist/extension.cjs',
    'dist/host.cjs',
    'dist/worker.js',
    'dist/webview.js',
    ...['web-tree-sitter', ...languages.map((language) => `tree-sitter-${language}`)].map(
      (grammar) => `dist/grammars/${grammar}.wasm`,
    ),
    'syntaxes/crib.tmLanguage.json',
    ...['api-lookup', 'bug-hunt', 'code-review', 'onboarding'].map((task) => `media/tasks/${task}.crib`),
    ...['README.md', 'CORPUS.md', 'cribsheet.json', 'genai_config.json', 'model.onnx', 'tokenizer.json'].map(
      (file) => `models/starter/${file}`,
    ),
  ];
  if (target.runtime !== undefined) {
    const { folder } = target.runtime;
    files.push(
      `${runtimeFolder}/onnxruntime-node/package.json`,
      `${runtimeFolder}/onnxruntime-node/dist/index.js`,
      `${runtimeFolder}/onnxruntime-common/package.json`,
      `${runtimeFolder}/onnxruntime-common/dist/cjs/index.js`,
      ...target.runtime.files.map((file) => `${runtimeFolder}/onnxruntime-node/${runtimeBinaries}/${folder}/${file}`),
    );
  }
  return files.map((file) => `extension/${file}`);
}

function escaped(text: string): string {
  return text.replaceAll('.', String.raw`\.`);
}

const languages = [
  'bash',
  'c-sharp',
  'cpp',
  'css',
  'go',
  'java',
  'javascript',
  'php',
  'python',
  'ruby',
  'rust',
  'tsx',
  'typescript',
];
