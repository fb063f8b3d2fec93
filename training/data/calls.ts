const call = /([A-Za-z_$][\w$]*)(?:<[\w\s,.[\]]*>)?!?\s*\(/g;

/** Names that stand before an opening bracket, and where each begins. */
export function callsWithPlaces(text: string): { name: string; at: number }[] {
  return [...text.matchAll(call)].map((match) => ({ name: match[1]!, at: match.index }));
}

/** The names alone. */
export function callsIn(text: string): string[] {
  return callsWithPlaces(text).map(({ name }) => name);
}
