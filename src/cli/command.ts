import type { ErrorRecord } from '../common/errors.ts';
import type { Engine, EngineOptions } from '../engine/engine.ts';
import type { Arguments } from './arguments.ts';
import type { FlagSpec } from './flags.ts';
import type { Output } from './output.ts';
import type { Progress } from './progress.ts';
import type { Piece } from './styled.ts';

/** What a command gets to work with. */
export interface Context {
  args: Arguments;
  /** Results. */
  out: Output;
  /** `--json`: `out.json` only. */
  json: boolean;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** A remark on standard error; nothing with `--quiet`. */
  say: (...pieces: Piece[]) => Promise<void>;
  /** An error that does not end the command, on standard error, also with `--quiet`. */
  report: (error: ErrorRecord) => Promise<void>;
  /** Progress on standard error; shows nothing with `--quiet`. */
  progress: (label: string) => Progress;
  /** A new engine with the common flags; it is closed when the command ends. */
  engine: (options?: Partial<EngineOptions>) => Engine;
}

/** Runs a command. @returns its exit code, 0 where there is none. @throws CribsheetError */
export type Run = (context: Context) => Promise<number | undefined>;

/** A row of the command table: everything about a command but its code. */
export interface CommandSpec {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** Forms of the command line, without the program's name. */
  usage: readonly string[];
  /** Fewest and most positionals; most is absent where there is no limit. */
  positionals: { min: number; max?: number };
  flags: readonly FlagSpec[];
  examples: readonly { line: string; about: string }[];
  /** Does `--json` print a list, one value a line? Then errors stay on standard error. */
  printsLines: (args: Arguments) => boolean;
  load: () => Promise<{ run: Run }>;
}
