/** Names that settings, command line, protocol and files share. Each list is the single source of its type. */
export const modes = ['cache', 'rag', 'hybrid', 'offload', 'full', 'none', 'auto'] as const;
export type Mode = (typeof modes)[number];

/** Can these be compared? Two or more modes, none of them twice; `auto` is one of the others. */
export function areComparable(value: unknown): value is Mode[] {
  const own = modes.filter((mode) => mode !== 'auto');
  return (
    Array.isArray(value) &&
    value.length >= 2 &&
    new Set(value).size === value.length &&
    value.every((mode) => own.some((name) => name === mode))
  );
}

/** These drop positions: a sheet of them is small, in memory as a whole, and read before every question. */
export const droppingStrategies = [
  'm0-zs',
  'm0-fs',
  'm1',
  'm2',
  'm3',
  'm4',
  'kvzip',
  'expected-attention',
  'keydiff',
  'snapkv',
  'pyramidkv',
  'compresskv',
  'tova',
  'h2o',
  'streaming-llm',
  'random',
  'recent',
] as const;
/** `offload` drops none: keys and values stay on disk, and each question fetches what it looks at (mode `offload`). */
export const strategies = [...droppingStrategies, 'offload'] as const;
export type StrategyName = (typeof strategies)[number];

/**
 * How the keys and values of a sheet are written to disk: half precision, or 8, 4 or 2 bits by group (`int…` in KIVI's
 * layout, `flexgen4` in FlexGen's); from large to small.
 */
export const storages = ['f16', 'int8', 'int4', 'flexgen4', 'int2'] as const;
export type Storage = (typeof storages)[number];

export const devices = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
export type Device = (typeof devices)[number];

export const builtInTasks = ['api-lookup', 'code-review', 'onboarding', 'bug-hunt'] as const;
