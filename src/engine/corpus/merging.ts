import type { Lines } from './lines.ts';
import { codeKind, type Label } from './naming.ts';
import type { Region } from './regions.ts';

/** Most characters and names of a merged chunk. */
const maxChars = 600;
const maxNames = 12;
/** A shorter run of one-line definitions stays apart: each is then found by its own name. */
const minRun = 5;
/** Code between two short definitions is merged with them up to this size, in characters. */
const maxBetween = 160;

/**
 * Merges long runs of short definitions (one-line constants, type aliases, prototypes, style rules) and neighbouring scraps of code, so
 * that a file does not fall into confetti. A merged chunk has a plural kind, and its name lists the names: see `definedNames`.
 */
export function mergeSmall(regions: readonly Region[], lines: Lines): Region[] {
  const merged: Region[] = [];
  for (let at = 0; at < regions.length;) {
    const region = regions[at]!;
    if (region.label.kind === codeKind) {
      let last = at;
      while (regions[last + 1]?.label.kind === codeKind && sizeOf(regions, lines, at, last + 1) <= maxChars) last++;
      merged.push(region);
      at = last + 1;
    } else {
      const run = region.label.mergeable ? runFrom(regions, at, lines) : [];
      const many = run.filter((one) => one.label.kind !== codeKind).length >= minRun;
      if (many) merged.push(...groups(run, lines, regions[at + run.length]?.startLine ?? lines.count + 1));
      else merged.push(region, ...run.slice(1));
      at += Math.max(1, run.length);
    }
  }
  return merged;
}

/** The longest run of short definitions of one scope from `first` on; small code may stand between two of them. */
function runFrom(regions: readonly Region[], first: number, lines: Lines): Region[] {
  let last = first;
  for (let at = first + 1; at < regions.length; at++) {
    const { label } = regions[at]!;
    if (label.mergeable && scopeOf(label) === scopeOf(regions[first]!.label)) last = at;
    else if (label.kind !== codeKind || sizeOf(regions, lines, at, at) > maxBetween) break;
  }
  return regions.slice(first, last + 1);
}

/** Cuts a run into chunks of a good size. `end` is the line after the run. */
function groups(run: readonly Region[], lines: Lines, end: number): Region[] {
  const cut: Region[][] = [];
  run.forEach((region, index) => {
    const group = cut.at(-1);
    const after = run[index + 1]?.startLine ?? end;
    const names = group?.flatMap((one) => namesOf(one.label)).length ?? 0;
    const fits =
      group &&
      lines.size(group[0]!.startLine, after - 1) <= maxChars &&
      names + namesOf(region.label).length <= maxNames;
    if (fits || (group && region.label.kind === codeKind)) group.push(region);
    else cut.push([region]);
  });
  return cut.map((group) => ({ startLine: group[0]!.startLine, label: joined(group.map((one) => one.label)) }));
}

function joined(all: readonly Label[]): Label {
  const labels = all.filter((label) => label.kind !== codeKind);
  const first = labels[0]!;
  const names = [...new Set(labels.flatMap(namesOf))];
  if (names.length <= 1) return first;
  const kinds = new Set(labels.map((label) => (label.kind.endsWith('s') ? label.kind : `${label.kind}s`)));
  return {
    kind: kinds.size === 1 ? [...kinds][0]! : 'definitions',
    name: names.join(', '),
    qualifiedName: [...new Set(labels.map((label) => label.qualifiedName))].join(', '),
    ...(first.nameLine === undefined ? {} : { nameLine: first.nameLine }),
  };
}

function namesOf(label: Label): string[] {
  return label.kind === codeKind ? [] : label.name.split(', ');
}

function scopeOf(label: Label): string {
  return label.qualifiedName.slice(0, label.qualifiedName.length - label.name.length);
}

function sizeOf(regions: readonly Region[], lines: Lines, from: number, to: number): number {
  return lines.size(regions[from]!.startLine, (regions[to + 1]?.startLine ?? lines.count + 1) - 1);
}
