import { devices, modes, type Device, type Mode } from '../../common/names.ts';

/** Everything that a user can set, with values that are certain to be allowed. */
export interface Settings {
  mode: Mode;
  task: string;
  compareModes: Exclude<Mode, 'auto'>[];
  /** Source tokens per kept position; undefined: what task or model say. */
  ratio?: number;
  /** Size of a sheet in positions; overrides `ratio`. */
  sheetTokens?: number;
  /** Globs relative to the workspace folder; empty: what the task says. */
  scope: string[];
  rebuildWhenIdle: boolean;
  resumeOnStart: boolean;
  /** Name or folder of a model; undefined: the bundled one. */
  model?: string;
  device: Device;
  /** Undefined: the engine chooses. */
  threads?: number;
  /** Folder of the store; undefined: the platform's. */
  store?: string;
  review: { mode: ReviewMode; severity: ReviewSeverity; maxDefinitions: number; codeLens: boolean };
}

/** `both`: the sheet first, and where it finds nothing, retrieval. */
export const reviewModes = ['both', 'cache', 'rag'] as const;
type ReviewMode = (typeof reviewModes)[number];

export const reviewSeverities = ['warning', 'information', 'hint'] as const;
export type ReviewSeverity = (typeof reviewSeverities)[number];

/** The settings that decide how the worker is started. */
export const workerSettings = ['model', 'device', 'threads', 'store'] as const;

/**
 * Typed settings from what a `settings.json` holds. VS Code hands out whatever somebody has written there: a value of
 * the wrong kind counts as not set.
 * @param get value of a key without `cribsheet.`, as `WorkspaceConfiguration.get`
 */
export function readValues(get: (key: string) => unknown): Settings {
  const ratio = numberIn(get('ratio'), 1, 1_000);
  const sheetTokens = integerIn(get('sheetTokens'), 256, 131_072);
  const threads = integerIn(get('threads'), 1, 256);
  const [model, store] = [text(get('model')), text(get('store'))];
  const asked = [...new Set(list(get('compareModes')))].filter((mode) => isOneOf(comparable, mode));
  return {
    mode: oneOf(modes, get('mode'), 'auto'),
    task: text(get('task')) ?? 'api-lookup',
    compareModes: asked.length >= 2 ? asked : ['cache', 'rag'],
    ...(ratio === undefined ? {} : { ratio }),
    ...(sheetTokens === undefined ? {} : { sheetTokens }),
    scope: list(get('scope')).flatMap((glob) => text(glob) ?? []),
    rebuildWhenIdle: flag(get('rebuildWhenIdle'), true),
    resumeOnStart: flag(get('resumeOnStart'), true),
    ...(model === undefined ? {} : { model }),
    device: oneOf(devices, get('device'), 'auto'),
    ...(threads === undefined ? {} : { threads }),
    ...(store === undefined ? {} : { store }),
    review: {
      mode: oneOf(reviewModes, get('review.mode'), 'both'),
      severity: oneOf(reviewSeverities, get('review.severity'), 'warning'),
      maxDefinitions: integerIn(get('review.maxDefinitions'), 1, 1_000) ?? 100,
      codeLens: flag(get('review.codeLens'), false),
    },
  };
}

const comparable = modes.filter((mode) => mode !== 'auto');

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const flag = (value: unknown, otherwise: boolean): boolean => (typeof value === 'boolean' ? value : otherwise);
const numberIn = (value: unknown, min: number, max: number): number | undefined =>
  typeof value === 'number' && value >= min && value <= max ? value : undefined;
const integerIn = (value: unknown, min: number, max: number): number | undefined =>
  Number.isSafeInteger(value) ? numberIn(value, min, max) : undefined;
const isOneOf = <T>(values: readonly T[], value: unknown): value is T => (values as readonly unknown[]).includes(value);
const oneOf = <T>(values: readonly T[], value: unknown, otherwise: T): T =>
  isOneOf(values, value) ? value : otherwise;
