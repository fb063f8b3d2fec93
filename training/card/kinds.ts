/** The kinds of questions by what they ask of a model; the bars of the model card are set for each group. */
export const groups = {
  'look-ups': ['where', 'signature', 'returns', 'documentation', 'listing', 'exists', 'members', 'imports'],
  relations: [
    'callers',
    'caller file',
    'callees',
    'importer',
    'two-hop where',
    'two-hop returns',
    'two-hop documentation',
    'two-hop signature',
    'reverse documentation',
    'review',
    'find',
    'count definitions',
    'count functions',
    'count members',
  ],
  'not there': ['absent'],
  beyond: ['beyond'],
} as const satisfies Record<string, readonly string[]>;

export type Group = keyof typeof groups | 'facts';

/** Everything that no other group names (people, projects, services, needles, records) is a fact to be found or joined. */
export function groupOf(kind: string): Group {
  for (const [group, kinds] of Object.entries(groups)) {
    if ((kinds as readonly string[]).includes(kind)) return group as Group;
  }
  return 'facts';
}
