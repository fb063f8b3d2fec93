import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Language, Parser, type Tree } from 'web-tree-sitter';
import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';

/** Grammar files by language, best first: C is parsed by the C++ grammar where the folder has none of its own. */
const grammarNames: Readonly<Record<string, readonly string[]>> = {
  typescript: ['typescript'],
  tsx: ['tsx'],
  javascript: ['javascript'],
  python: ['python'],
  go: ['go'],
  rust: ['rust'],
  java: ['java'],
  c: ['c', 'cpp'],
  cpp: ['cpp'],
  csharp: ['c-sharp'],
  ruby: ['ruby'],
  php: ['php'],
  bash: ['bash'],
  css: ['css'],
};

/** One slice of parsing, milliseconds; between two slices the event loop runs. */
const sliceMs = 50;
/** Progress calls after which a parse is given up: a megabyte of real source takes at most 10,000, hostile text 20,000 and more. */
const maxProgressCalls = 40_000;
/** Last resort for a hostile text, milliseconds. */
const maxParseMs = 5_000;

/** web-tree-sitter keeps its WebAssembly module once per process, and two starts at a time would make two. */
let runtime: Promise<void> | undefined;

/** Tree-sitter grammars of one folder (`web-tree-sitter.wasm`, `tree-sitter-<name>.wasm`), each loaded at its first use. */
export class Grammars {
  private readonly folder: string;
  private readonly loading = new Map<string, Promise<Language | undefined>>();
  /** Why a language is cut by lines though it has rules: a missing or broken grammar. Language → reason. */
  readonly failures = new Map<string, string>();
  /** Every language that has a grammar where the folder is complete. */
  static readonly languages: readonly string[] = Object.keys(grammarNames);

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Starts the tree-sitter runtime. Throws `file-unreadable` where the folder has none that works. */
  static async open(folder: string): Promise<Grammars> {
    const path = join(folder, 'web-tree-sitter.wasm');
    try {
      runtime ??= readFile(path).then((wasmBinary) => Parser.init({ wasmBinary }));
      await runtime;
    } catch (error) {
      runtime = undefined;
      throw new CribsheetError(
        'file-unreadable',
        `The parser runtime ${path} cannot be loaded: ${reasonOf(error)}`,
        'Install Cribsheet again, or run its build if you work on it.',
        { cause: error },
      );
    }
    return new Grammars(folder);
  }

  /** Has this language a grammar here that loads? */
  async has(language: string): Promise<boolean> {
    return (await this.load(language)) !== undefined;
  }

  /**
   * Parses `text`; the caller must `delete()` the tree, since it lives outside the garbage-collected heap. Offsets are UTF-16 units.
   * Undefined where there is no (working) grammar or the text is more than the parser can take. Yields every 50 ms; throws `cancelled`.
   */
  async parse(language: string, text: string, signal?: AbortSignal): Promise<Tree | undefined> {
    const grammar = await this.load(language);
    if (!grammar) return undefined;
    const started = performance.now();
    const parser = new Parser();
    let calls = 0;
    try {
      parser.setLanguage(grammar);
      for (;;) {
        throwIfCancelled(signal);
        const sliceEnd = performance.now() + sliceMs;
        // A parse that its callback stopped goes on where it was at the next call.
        const tree = parser.parse(text, null, {
          progressCallback: () => ++calls > maxProgressCalls || performance.now() > sliceEnd,
        });
        if (tree) return tree;
        if (calls > maxProgressCalls || performance.now() - started > maxParseMs) return undefined;
        await nextTurn();
      }
    } catch (error) {
      if (CribsheetError.is(error)) throw error;
      // A trap inside the grammar: its other files still get a chance, and the reason is there to be shown.
      this.failures.set(language, `The grammar failed on a file: ${reasonOf(error)}`);
      return undefined;
    } finally {
      parser.delete();
    }
  }

  private load(language: string): Promise<Language | undefined> {
    const known = this.loading.get(language);
    if (known) return known;
    const promise = this.read(language);
    this.loading.set(language, promise);
    return promise;
  }

  private async read(language: string): Promise<Language | undefined> {
    const names = Object.hasOwn(grammarNames, language) ? grammarNames[language]! : [];
    let reason: string | undefined;
    for (const name of names) {
      try {
        return await Language.load(await readFile(join(this.folder, `tree-sitter-${name}.wasm`)));
      } catch (error) {
        reason = `tree-sitter-${name}.wasm cannot be loaded: ${reasonOf(error)}`;
      }
    }
    if (reason !== undefined) this.failures.set(language, reason);
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
