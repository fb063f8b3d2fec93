import { nearest } from '../common/nearest.ts';

/** "Did you mean …?" or the list of what there is. */
export function suggestion(typed: string, names: readonly string[]): string {
  const near = nearest(typed, names);
  return near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean "${near}"?`;
}
