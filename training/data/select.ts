import { definedNames } from '../../src/engine/corpus/naming.ts';
import { callsIn } from './calls.ts';
import type { Draw } from './draw.ts';
import type { Corpus, Package, Place, Split } from './packages.ts';
import { bodyStart } from './places.ts';
import type { SourceChunk } from './records.ts';

/** A chunk on its way into a context. Augmentation changes it in place. */
export interface WorkChunk extends SourceChunk {
  /** Of a class, interface or the like: the chunks that it owns, in order, where all of them were chosen. */
  members?: WorkChunk[];
  /** The one defect that was written into the text. */
  finding?: string;
  /** What only looks like a defect was written into the text. */
  lookAlike?: boolean;
}

export interface Selection {
  chunks: WorkChunk[];
  /** The packages that they come from. */
  packages: Package[];
}

interface Limits {
  split: Split;
  /** Stop when so many tokens are chosen. */
  tokens: number;
  /** A chunk with more tokens is left out. */
  chunkTokens: number;
  bodyLines: number | null;
  /** Cut bodies keep at least their first statement. */
  keepBodies: boolean;
  /** May a context be made of a chunk or two of many files? */
  scatter: boolean;
}

/** The special tokens of the model: text that looks like one would be read as one. */
const specialText = /<(?:pad|chunk|task|user|bot|end)>/;
/** Files are refused where more of their names than this are already defined. */
const mostShared = 0.5;
const mostPackages = 6;
/**
 * How often contexts are made of chunks and what these call, of a definition or two of many files, and of files that are near each other.
 * Whole files alone taught the network to answer "where" with the path that stands there most often: it was right for 70 % of the questions
 * about short segments, and for 51 % of those about 2,048 tokens.
 */
const sources = [
  { weight: 25, runs: callTrees },
  { weight: 50, runs: scattered },
  { weight: 25, runs: neighbours },
];
const longerRuns = 0.2;
/** How often what calls something keeps its lines up to there, if they are no more than these: cut short, few contexts show who calls whom. */
const callKept = 0.8;
const mostLinesToCall = 12;
/** Questions are about code: this share of the files of text and data is passed over. */
const proseSkipped = 0.85;

/** What a context has already. */
interface Taken {
  /** Files by their rendered paths. */
  paths: Map<string, string>;
  names: Set<string>;
}

/**
 * Chooses runs of chunks from files that are near each other, mostly of one package, until the tokens are reached: similar paths and names
 * are what makes real code bases hard.
 */
export function selectChunks(
  corpus: Corpus,
  limits: Limits,
  cost: (chunk: WorkChunk) => number,
  draw: Draw,
): Selection {
  const chunks: WorkChunk[] = [];
  const packages: Package[] = [];
  const taken: Taken = { paths: new Map(), names: new Set() };
  const { runs: runsOf } = draw.weighted(sources, ({ runs, weight }) =>
    runs === scattered && !limits.scatter ? 0 : weight,
  )!;
  let left = limits.tokens;
  // Now and then a second package has the rest.
  let share = draw.chance(0.2) ? left * (0.3 + 0.4 * (draw.int(0, 100) / 100)) : left;
  while (left > 0 && packages.length < mostPackages) {
    const from = corpus.pick(limits.split, draw);
    packages.push(from);
    for (const run of runsOf(from, limits, taken, draw)) {
      const start = chunks.length;
      for (const chunk of run) {
        const tokens = cost(chunk);
        if (tokens > limits.chunkTokens) continue;
        chunks.push(chunk);
        left -= tokens;
        share -= tokens;
        if (left <= 0) break;
      }
      keepWholeClasses(chunks, start);
      if (share <= 0) break;
    }
    share = left;
  }
  return { chunks: inFileOrder(chunks), packages };
}

/** Files in the order in which they came, the chunks of each by line. */
function inFileOrder(chunks: readonly WorkChunk[]): WorkChunk[] {
  const byFile = Map.groupBy(chunks, ({ path }) => path);
  return [...byFile.values()].flatMap((list) => list.sort((a, b) => a.startLine - b.startLine));
}

/** Files from a random one on, in the order of the tree; of each all chunks or a run of them. */
function* neighbours(from: Package, limits: Limits, taken: Taken, draw: Draw): Generator<WorkChunk[]> {
  const { files } = from;
  const start = draw.int(0, Math.max(0, files.length - 1));
  const skip = draw.chance(0.3) ? 0.5 : draw.chance(0.5) ? 0.15 : 0;
  const near = files.map((_, i) => files[(start + i) % files.length]!).filter((_, i) => i === 0 || !draw.chance(skip));
  yield* runsOfFiles(from, near, limits, taken, draw, (count) =>
    count <= 4 || draw.chance(count <= 14 ? 0.6 : 0.15) ? count : draw.int(1, Math.min(12, count)),
  );
}

/** One or two chunks of a file here and there in the package, of some files more: lists of what they define are short otherwise. */
function* scattered(from: Package, limits: Limits, taken: Taken, draw: Draw): Generator<WorkChunk[]> {
  yield* runsOfFiles(from, draw.shuffled(from.files), limits, taken, draw, (count) =>
    draw.int(1, Math.min(draw.chance(longerRuns) ? 7 : 2, count)),
  );
}

/** Of each file as many chunks in a row as `lengthOf` says. */
function* runsOfFiles(
  from: Package,
  files: Iterable<Package['files'][number]>,
  limits: Limits,
  taken: Taken,
  draw: Draw,
  lengthOf: (count: number) => number,
): Generator<WorkChunk[]> {
  for (const file of files) {
    if (isProse(file.path) && draw.chance(proseSkipped)) continue;
    const shown = renderedPath(file.path);
    if (taken.paths.has(shown) || specialText.test(file.path)) continue;
    const all: WorkChunk[] = from.chunks(file);
    noteMembers(all);
    const length = lengthOf(all.length);
    const first = draw.int(0, all.length - length);
    const run = all.slice(first, first + length).filter(({ text }) => !specialText.test(text));
    const names = run.flatMap(definedNames);
    const shared = names.filter((name) => taken.names.has(name)).length;
    if (run.length === 0 || shared > mostShared * names.length) continue;
    taken.paths.set(shown, file.path);
    for (const name of names) taken.names.add(name);
    cutBodies(run, limits, draw);
    yield run;
  }
}

/** Chunks with what they call, wherever in the package that is defined. */
function* callTrees(from: Package, limits: Limits, taken: Taken, draw: Draw): Generator<WorkChunk[]> {
  const seen = new Set<string>();
  for (let tree = 0; tree < 60 && from.files.length > 0; tree++) {
    const file = draw.pick(from.files);
    if (isProse(file.path)) continue;
    const queue: (Place | undefined)[] = [{ file, index: draw.int(0, file.lines.length - 1) }];
    const size = draw.int(2, 8);
    const run: WorkChunk[] = [];
    for (let place = queue.shift(); place && run.length < size; place = queue.shift()) {
      const { path } = place.file;
      const shown = renderedPath(path);
      const key = `${path}:${place.index}`;
      const chunk = from.chunk(place);
      if (!chunk || seen.has(key) || (taken.paths.get(shown) ?? path) !== path || specialText.test(path + chunk.text))
        continue;
      const called = chunk.calls.flatMap((name) => from.placeOf(name) ?? []);
      if (run.length === 0 && called.length === 0 && draw.chance(0.85)) continue;
      seen.add(key);
      taken.paths.set(shown, path);
      for (const name of definedNames(chunk)) taken.names.add(name);
      run.push(chunk);
      queue.push(...draw.shuffled(called));
    }
    cutBodies(run, limits, draw, (chunk) => (draw.chance(callKept) ? linesToCall(chunk, run) : 0));
    if (run.length > 0) yield run;
  }
}

/** @param needed lines that a chunk should keep at least */
function cutBodies(
  run: readonly WorkChunk[],
  { bodyLines, keepBodies }: Limits,
  draw: Draw,
  needed: (chunk: WorkChunk) => number = () => 0,
): void {
  if (bodyLines === null) return;
  for (const chunk of run) {
    const least = keepBodies ? (bodyStart(chunk) ?? 0) + draw.int(1, 3) : 1;
    cutBody(chunk, Math.max(least, needed(chunk), draw.int(1, bodyLines)));
  }
}

/** Lines up to the first call of another chunk of the run; 0 where there is none, or not soon. */
function linesToCall(chunk: WorkChunk, run: readonly WorkChunk[]): number {
  const names = new Set(run.filter((one) => one !== chunk).flatMap(definedNames));
  const called = new Set(chunk.calls.filter((name) => names.has(name)));
  const text = chunk.text.slice(chunk.text.search(/\S/));
  const lines = text.split('\n').slice(0, mostLinesToCall);
  return 1 + lines.findIndex((line) => callsIn(line).some((name) => called.has(name)));
}

function isProse(path: string): boolean {
  return /\.(?:md|mdx|markdown|json|ya?ml|toml|txt|html|css|scss)$/i.test(path);
}

/** The path as the model's profile renders it: its last three parts. */
export function renderedPath(path: string): string {
  return path.split('/').slice(-3).join('/');
}

function noteMembers(all: readonly WorkChunk[]): void {
  const owned = Map.groupBy(all, ({ qualifiedName, name }) =>
    qualifiedName.endsWith(`.${name}`) ? qualifiedName.slice(0, -name.length - 1) : '',
  );
  for (const chunk of all) {
    const own = owned.get(chunk.qualifiedName)?.filter((one) => definedNames(one).length === 1);
    if (own && own.length > 0 && definedNames(chunk).length === 1) chunk.members = own;
  }
}

/** A class of which a method was not chosen cannot be asked for its members. */
function keepWholeClasses(chunks: readonly WorkChunk[], start: number): void {
  const chosen = new Set(chunks.slice(start));
  for (const chunk of chosen) if (chunk.members?.some((one) => !chosen.has(one))) delete chunk.members;
}

/** Keeps the first `lines` lines of the text. */
function cutBody(chunk: WorkChunk, lines: number): void {
  let end = chunk.text.search(/\S/);
  if (end < 0) return;
  end = chunk.text.lastIndexOf('\n', end) + 1;
  const skipped = chunk.text.slice(0, end);
  for (let i = 0; i < lines; i++) {
    const next = chunk.text.indexOf('\n', end);
    if (next < 0) return;
    end = next + 1;
  }
  chunk.text = chunk.text.slice(0, end);
  chunk.endLine = chunk.startLine + skipped.split('\n').length - 1 + lines - 1;
}
