import type { Coverage } from './answers.ts';
import type { Mode, Storage, StrategyName } from './names.ts';

/** What `compress` would do. */
export interface CompressPlan {
  strategy: StrategyName;
  /** Source tokens per kept position. */
  ratio: number;
  /** Files, segments and source tokens that get into the sheet, and all in scope. */
  files: number;
  filesTotal: number;
  segments: number;
  segmentsTotal: number;
  tokens: number;
  tokensTotal: number;
  /** Positions of the segments, and the most that model and request allow. */
  positions: number;
  room: number;
  /** Size of the blocks on disk, about. */
  bytes: number;
  /** The part that is not in the store yet: this is what takes time. */
  missing: { segments: number; tokens: number };
  /** Tokens that are run with every segment beside its own: the task's question. */
  probeTokens: number;
}

/** A sheet without its block keys and lines. */
export interface SheetSummary {
  id: string;
  task: { id: string; title: string };
  model: string;
  /** Of that model: another one cannot read the sheet, whatever it is called. */
  fingerprint: string;
  strategy: string;
  ratio: number;
  /** Its size in positions, where that was asked for instead of a ratio. */
  tokens?: number;
  /** How its keys and values are written; absent: half precision. */
  storage?: Storage;
  /** Its segments share the positions by structural weight, too. */
  weighted?: boolean;
  /** ISO 8601. */
  createdAt: string;
  /** False after a cancel: what is there answers, the next run builds the rest. */
  complete: boolean;
  scope: string[];
  /** Positions, preamble included. */
  positions: number;
  segments: number;
  coverage: Coverage;
  leftOut: { path: string; reason: string }[];
  skipped: { path: string; reason: string }[];
  /** Size of its blocks on disk; other sheets may share them. Only where the store was asked. */
  bytes?: number;
  /** Blocks that are gone: compress again. */
  missingBlocks?: number;
}

/** How the files of a folder differ now from what a sheet was made of. */
export interface SheetChanges {
  changed: string[];
  added: string[];
  removed: string[];
}

/** Is it read position by position, for each question anew (mode `offload`)? Every other sheet is read as a whole. */
export const staysOnDisk = ({ strategy }: Pick<SheetSummary, 'strategy'>): boolean => strategy === 'offload';

/** Is it of the kind that a mode reads? One that stays on disk is for the mode `offload` alone. */
export function isReadIn(sheet: Pick<SheetSummary, 'strategy'>, mode: Mode | undefined): boolean {
  return staysOnDisk(sheet) === (mode === 'offload');
}
