import type { Draw } from './draw.ts';

/** Words of made-up code: building trades, which the training's vocabulary knows nothing of. */
const nouns = (
  'architrave balustrade buttress capstone chimney corbel cornice cupola dado dormer facade finial fresco frieze gable gargoyle keystone lintel ' +
  'minaret mosaic mullion niche parapet pediment pergola pilaster plinth portico quoin rafter rotunda scaffold spandrel spire stucco trellis truss turret ' +
  'vault veranda wainscot weathervane'
).split(' ');
const verbs =
  'bevel brace carve caulk chisel clad gild glaze grout hoist lacquer mortar plaster polish prime rivet scrape shim solder splice stain temper varnish weld'.split(
    ' ',
  );
const areas = ['attic', 'basement', 'courtyard', 'eaves', 'hallway', 'stairwell', 'terrace', 'vestibule'];
const crews = ['Workshop', 'Crew', 'Bench', 'Apprentice', 'Foreman', 'Toolbox', 'Ladder', 'Yard'];
const outcomes = ['Blueprint', 'Elevation', 'Moulding', 'Offcut', 'Joinery', 'Pattern', 'Patina', 'Texture'];
const measures = ['thickness', 'pitch', 'span', 'overhang', 'depthInside', 'slope', 'spacing', 'clearance'];

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export type Language = 'typescript' | 'python';

/** Names of one module, spelled as its language does. */
export interface ModuleNames {
  /** Plain name: what questions call it. */
  name: string;
  path: string;
  /** How others import it. */
  importPath: string;
  function: string;
  returns: string;
  className: string;
  method: string;
  parameter: string;
  parameterType: string;
  measure: string;
}

/** Modules that one corpus can have: their names are all different. */
export const MOST_MODULES = nouns.length * areas.length;

/**
 * Different modules, at most `MOST_MODULES`; no name of one tells a name of another, so that nothing can
 * be guessed.
 */
export function moduleNames(count: number, language: Language, draw: Draw): ModuleNames[] {
  const works = draw.some(
    verbs.flatMap((verb) => nouns.map((noun) => [verb, noun] as const)),
    count,
  );
  const types = draw.some(
    nouns.flatMap((noun) => outcomes.map((outcome) => capital(noun) + outcome)),
    count,
  );
  const classes = draw.some(
    nouns.flatMap((noun) => crews.map((crew) => capital(noun) + crew)),
    count,
  );
  const modules = draw.some(
    nouns.flatMap((noun) => areas.map((area) => [noun, area] as const)),
    count,
  );
  return works.map(([verb, noun], i) => {
    const [about, area] = modules[i]!;
    const parameter = draw.pick(nouns);
    const method = draw.pick(verbs);
    const common = { returns: types[i]!, className: classes[i]!, parameter, parameterType: capital(parameter) };
    if (language === 'python') {
      const name = `${area}_${about}`;
      const measure = draw.pick(measures).replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
      return {
        ...common,
        name,
        path: `${area}/${name}.py`,
        importPath: `${area}.${name}`,
        function: `${verb}_${noun}`,
        method: `${method}_all`,
        measure,
      };
    }
    const name = area + capital(about);
    return {
      ...common,
      name,
      path: `src/${area}/${name}.ts`,
      importPath: `../${area}/${name}.ts`,
      function: verb + capital(noun),
      method: `${method}All`,
      measure: draw.pick(measures),
    };
  });
}
