import { definedNames } from '../../src/engine/corpus/naming.ts';
import type { Draw } from './draw.ts';
import { insertLines, placesIn } from './places.ts';
import { makerOf, type Planted } from './planted.ts';
import type { WorkChunk } from './select.ts';
import { Vocabulary } from './vocabulary.ts';

/** What a review says, and how to see it in a text without knowing who wrote it. */
export const findings = {
  'empty catch swallows the error':
    /catch\s*(?:\([^)]*\))?\s*\{\s*\}|\.catch\(\s*(?:\(\w*\)|\w+)\s*=>\s*(?:\{\s*\}|null|undefined)\s*\)|except[^:\n]*:\s*(?:#[^\n]*\n\s*)?(?:pass|\.\.\.)(?!\w)|err != nil \{\s*\}/,
  'unfinished work left as a TODO': /\b(?:TODO|FIXME|XXX)\b/,
  'debug output left in the code':
    /\bconsole\.(?:log|debug|dir|info|warn|error|trace)\(|\bprint\(|\bpprint\(|\bdebugger\b|fmt\.Print|\bprintln!\(|\bdbg!\(|System\.(?:out|err)\.print/,
  'secret written in the source':
    /(?:password|passwd|secret|token|api_?key|access_?key|credential)s?\w*["']?\]?\s*(?::\s*(?:&?str|string|String))?\s*(?::?=|:)\s*["'`][^"'`\s]{6,}["'`]/i,
  'runs a string as code':
    /(?<![\w.])eval\(|(?<![\w.])exec\(|new Function\(|(?<![\w.])Function\(|setTimeout\(\s*["'`]|engine\.eval\(/,
  'promise is not awaited':
    /^[ \t]*(?:(?:const|let|var) \w+ = |\w+ = )?(?:fetch\(|[\w.]*\w(?:Async|_async)\(|fs\.promises\.\w+\(|asyncio\.(?:sleep|wait_for|gather)\()(?!.*\.(?:then|catch)\()/m,
  'opened file is never closed':
    /^[ \t]*(?:(?:const|let|var) )?\w+(?:, err)? :?= (?:open\(|io\.open\(|\w+\.open\(\)|fs\.openSync\(|openSync\(|os\.(?:Open|Create)\()|^[ \t]*\w+ \w+ = new File(?:Reader|InputStream|Writer)\(/m,
  'mutable default argument': /\bdef \w+\([^)]*=\s*(?:\[|\{|list\(|dict\(|set\()/,
  'loop runs one past the end':
    /<= ?(?:\w+\.(?:length|size\(\)|len\(\))|len\(\w+\))(?! ?[-+])|range\(len\(\w+\) \+ 1\)|0\.\.=\w+\.len\(\)|range\(0, len\(\w+\) \+ 1\)/,
} as const satisfies Record<string, RegExp>;

export type Finding = keyof typeof findings;
export const findingNames = Object.keys(findings) as Finding[];

export const noFindings = 'No findings';
/** Of the chunks that can hold one, these shares get a defect and a look-alike that is none. */
const defectShare = 0.42;
const cleanShare = 0.3;

/** Findings that a text has. */
export function findingsIn(text: string): Finding[] {
  return findingNames.filter((name) => findings[name].test(text));
}

/** Writes defects into some chunks, and into others what only looks like one. Chunks that already have a defect stay as they are. */
export function plantFindings(chunks: readonly WorkChunk[], draw: Draw): void {
  for (const chunk of chunks) {
    if (definedNames(chunk).length !== 1 || findingsIn(chunk.text).length > 0) continue;
    const places = placesIn(chunk);
    if (places.length === 0) continue;
    const kind = draw.chance(defectShare) ? 'defect' : draw.chance(cleanShare) ? 'clean' : undefined;
    if (kind) plant(chunk, places, kind, draw);
  }
}

function plant(chunk: WorkChunk, places: ReturnType<typeof placesIn>, kind: 'defect' | 'clean', draw: Draw): void {
  const fit = findingNames.filter((name) => makerOf(kind, name, chunk.language) !== undefined);
  for (let tries = 0; tries < 4 && fit.length > 0; tries++) {
    const finding = draw.pick(fit);
    const planted = makerOf(kind, finding, chunk.language)!(new Vocabulary(chunk.language, draw), draw, chunk);
    if (planted && write(chunk, places, planted, finding, kind, draw)) return;
  }
}

/** False, and nothing changed, where the text would then not show this finding and no other (for a look-alike: any). */
function write(
  chunk: WorkChunk,
  places: ReturnType<typeof placesIn>,
  planted: Planted,
  finding: Finding,
  kind: 'defect' | 'clean',
  draw: Draw,
): boolean {
  const changed = planted.lines
    ? { text: insertLines(chunk.text, draw.pick(places), planted.lines), parameters: chunk.parameters }
    : { text: chunk.text.replace(planted.from, () => planted.to), parameters: planted.parameters };
  const found = findingsIn(changed.text);
  if (kind === 'defect' ? found.length !== 1 || found[0] !== finding : found.length > 0) return false;
  if (changed.text === chunk.text) return false;
  chunk.text = changed.text;
  if (changed.parameters !== undefined) chunk.parameters = changed.parameters;
  if (kind === 'defect') chunk.finding = finding;
  else chunk.lookAlike = true;
  return true;
}
