import type { Coverage } from './answers.ts';
import type { StrategyName } from './names.ts';

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
}

/** A sheet without its block keys and lines. */
export interface SheetSummary {
  id: string;
  task: { id: string; title: string };
  model: string;
  strategy: string;
  ratio: number;
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
}
