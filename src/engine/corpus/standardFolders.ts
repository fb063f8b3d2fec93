import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders that only tools write: nobody keeps their own source in a folder of this name. */
const toolFolders = new Set([
  ...['.git', '.hg', '.svn', '.jj', '.bzr', 'CVS'],
  ...['node_modules', 'bower_components', 'jspm_packages', '.pnpm-store', '.yarn', '.npm'],
  ...['__pycache__', '.venv', '.tox', '.nox', '.eggs', 'site-packages', '.ipynb_checkpoints', '.hypothesis'],
  ...['.mypy_cache', '.pytest_cache', '.ruff_cache', '.gradle', '.terraform', '.dart_tool', '.stack-work'],
  ...['.bundle', 'Pods', 'DerivedData', 'elm-stuff', 'dist-newstyle', '.cache', '.parcel-cache', '.turbo'],
  ...['.next', '.nuxt', '.svelte-kit', '.angular', '.nyc_output', '.vs'],
]);

export function isToolFolder(name: string): boolean {
  return toolFolders.has(name) || name.endsWith('.egg-info');
}

interface BuildFolder {
  /** One of these files stands beside the folder … */
  beside?: readonly string[];
  /** … or in it. */
  inside?: readonly string[];
}

/** Names that are build output or vendored code only where a tool's file shows it; elsewhere they may be source. */
const buildFolders: Readonly<Record<string, BuildFolder>> = {
  target: { beside: ['Cargo.toml', 'pom.xml', 'build.sbt'] },
  build: { beside: ['build.gradle', 'build.gradle.kts', 'CMakeLists.txt', 'setup.py', 'package.json', 'pubspec.yaml'] },
  dist: { beside: ['package.json', 'setup.py', 'pyproject.toml'] },
  out: { beside: ['package.json', 'foundry.toml'] },
  vendor: { beside: ['go.mod', 'composer.json', 'Gemfile'] },
  deps: { beside: ['mix.exs'] },
  _build: { beside: ['mix.exs', 'dune-project', 'rebar.config'] },
  obj: { inside: ['project.assets.json'] },
  venv: { inside: ['pyvenv.cfg'] },
  env: { inside: ['pyvenv.cfg'] },
  coverage: { inside: ['lcov.info', 'coverage-final.json', 'clover.xml', 'index.html'] },
};

/** For a workspace without ignore rules: is the folder `name` of `parent` (an absolute path) build output? */
export async function isBuildFolder(parent: string, name: string): Promise<boolean> {
  if (!Object.hasOwn(buildFolders, name)) return false;
  const { beside = [], inside = [] } = buildFolders[name] ?? {};
  for (const file of beside) if (await exists(join(parent, file))) return true;
  for (const file of inside) if (await exists(join(parent, name, file))) return true;
  return false;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    // Any failure means that the mark cannot be seen, so the folder counts as source.
    return false;
  }
}
