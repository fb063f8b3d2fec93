import { devices } from '../common/names.ts';

/** A flag of the command line, for parsing and for help. */
export interface FlagSpec {
  name: string;
  about: string;
  short?: string;
  /** What its value is called in help; a flag without it takes none. */
  value?: string;
  /** May be given several times. */
  many?: boolean;
  /** The only values allowed. */
  choices?: readonly string[];
  /** The value is a number of at least `min`. */
  number?: { min: number; whole?: boolean };
}

/** Flags that every command takes. */
export const commonFlags: readonly FlagSpec[] = [
  {
    name: 'store',
    value: 'DIR',
    about: 'folder of blocks, indexes, sheets and models (default: $CRIBSHEET_STORE, else the cache folder)',
  },
  { name: 'model', value: 'NAME', about: 'name or folder of a model (default: the bundled starter)' },
  {
    name: 'device',
    value: 'NAME',
    choices: devices,
    about: `where the model runs: ${devices.join(', ')} (default: auto)`,
  },
  {
    name: 'threads',
    value: 'N',
    number: { min: 1, whole: true },
    about: 'threads of the model (default: those of the machine, at most 8)',
  },
  { name: 'no-model', about: 'load no model: chunks and search only' },
  { name: 'json', about: 'standard output holds JSON only, one value a line' },
  { name: 'quiet', short: 'q', about: 'no progress and no remarks on standard error' },
  { name: 'help', short: 'h', about: 'show this help' },
];
