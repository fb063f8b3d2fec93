/**
 * Something that `package.json` contributes, by kind and name without `cribsheet.`; `contributed.ts` lists all of them,
 * and `surfaces.test.ts` says how each is written.
 */
export type Surface =
  | `command ${string}`
  | `menu ${string}`
  | `key ${string}`
  | `view ${string}`
  | `welcome ${string}`
  | `walkthrough ${string}`
  | `setting ${string}`
  | `color ${string}`
  | `language ${string}`
  | `palette`;

/**
 * Marks the body of a test as the one that asserts what users see of `surfaces`: `test('…', covers(['command x'], …))`.
 * `surfaces.test.ts` reads these marks: a contribution without one fails, and so does a mark for what is not contributed.
 */
export function covers<Body extends (...args: never[]) => unknown>(_surfaces: readonly Surface[], body: Body): Body {
  return body;
}
