import { limits } from '../../common/limits.ts';
import { syntaxBreaks, textBreaks, type BreakCosts } from './breaks.ts';
import { rulesOf } from './definitions/table.ts';
import type { Grammars } from './grammars.ts';
import { Lines } from './lines.ts';
import { markdownRegions } from './markdown.ts';
import { mergeSmall } from './merging.ts';
import { Outline } from './outline.ts';
import { codeKind, partOf, type Label } from './naming.ts';
import { RegionBuilder, type Region } from './regions.ts';
import type { Chunk, SourceFile } from './types.ts';
import { cutLines, type LineSpan } from './windows.ts';

/** Raise it with every change that gives other chunks: indexes are then rebuilt. */
export const chunkerVersion = '3';

/** Above this share of characters without a parse the tree is not trusted and the file is cut by lines. */
const maxErrorShare = 0.5;

interface Layout {
  regions: Region[];
  costs: BreakCosts;
}

/**
 * Cuts a file into definition-level chunks of whole lines that join up to its text exactly. Languages without rules, without a working
 * grammar, and files that do not parse are cut into windows of lines. Yields while parsing; throws `cancelled`, nothing else.
 */
export async function chunkFile(
  file: Pick<SourceFile, 'path' | 'text' | 'language'>,
  grammars: Grammars,
  signal?: AbortSignal,
): Promise<Chunk[]> {
  const lines = new Lines(file.text);
  if (lines.count === 0) return [];
  const { regions, costs } = await layOut(file, lines, grammars, signal);
  const chunks: Chunk[] = [];
  mergeSmall(regions, lines).forEach((region, index, all) => {
    const endLine = (all[index + 1]?.startLine ?? lines.count + 1) - 1;
    const spans = cutLines(lines, region.startLine, endLine, costs, limits.maxChunkChars);
    // The piece with the name is the definition; docs above it may be longer than a chunk.
    const named = spans.findLastIndex((span) => span.startLine <= (region.label.nameLine ?? 0));
    spans.forEach((span, at) => {
      const label = at === Math.max(named, 0) ? region.label : partOf(region.label);
      chunks.push(chunkOf(file, label, span, lines));
    });
  });
  return chunks;
}

async function layOut(
  file: Pick<SourceFile, 'path' | 'text' | 'language'>,
  lines: Lines,
  grammars: Grammars,
  signal: AbortSignal | undefined,
): Promise<Layout> {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (file.language === 'markdown') return markdownRegions(lines, name);
  const rules = rulesOf(file.language);
  // Grammars know no lone carriage return; one for one, so that offsets and rows stay true.
  const text = file.text.replace(/\r(?!\n)/g, '\n');
  const tree = rules && (await grammars.parse(file.language, text, signal));
  try {
    if (rules && tree) {
      const outline = new Outline(lines, rules, limits.maxChunkChars);
      const regions = new RegionBuilder(lines, outline, name, limits.maxChunkChars).build(tree.rootNode);
      if (outline.errorChars <= maxErrorShare * text.length) {
        return { regions, costs: syntaxBreaks(tree.rootNode, lines, rules.comments) };
      }
    }
  } finally {
    tree?.delete();
  }
  const label = { kind: codeKind, name, qualifiedName: name };
  return { regions: [{ startLine: 1, label }], costs: textBreaks(lines) };
}

function chunkOf(
  { path, language }: Pick<SourceFile, 'path' | 'language'>,
  { kind, name, qualifiedName, nameLine, parameters, returns, doc }: Label,
  { startLine, endLine }: LineSpan,
  lines: Lines,
): Chunk {
  const text = lines.slice(startLine, endLine);
  return {
    path,
    startLine,
    endLine,
    nameLine: nameLine ?? startLine,
    kind,
    name,
    qualifiedName,
    ...(parameters === undefined ? {} : { parameters }),
    ...(returns === undefined ? {} : { returns }),
    ...(doc === undefined ? {} : { doc }),
    language,
    text,
  };
}
