import type { Draw } from './draw.ts';

/**
 * Names of people, projects, places and things for made-up corpora. An evaluation's lists must share no entry with these: its people must not
 * be spelled from these syllables, and its projects not from these words.
 */
const onsets = 'b br d dr f g gr h j k kl l m n p r s st t tr v w z'.split(' ');
const vowels = 'a e i o u ai ei io'.split(' ');
const codas = ['', '', '', 'l', 'n', 'r', 's', 'm', 'nd', 'rt', 'ck'];
const givenEndings = ['a', 'o', 'e', 'in', 'el', 'is', 'ar', 'en', 'us', 'ia'];
const familyEndings = [
  'sen',
  'ova',
  'man',
  'er',
  'ich',
  'ez',
  'ault',
  'ini',
  'dahl',
  'wick',
  'ström',
  'ley',
  'ard',
  'enko',
];

const adjectives = (
  'amber azure bold brisk calm copper crimson distant double early eager frozen gentle golden hidden hollow iron ivory jade keen late lunar mellow misty ' +
  'narrow noble northern olive open pale polar quiet rapid restless round rustic sandy scarlet secret silent silver slow solar southern steady stone sunny ' +
  'swift tall tidal velvet vivid wandering warm western white wild winter wooden young'
).split(' ');
const things = (
  'anchor arrow badger beacon birch bridge brook canyon castle cedar cliff comet compass coral crane delta dune eagle ember falcon fern fjord forest fountain ' +
  'garden glacier granite grove harbour hawk heron hill island juniper kestrel lagoon lantern lark ledge lighthouse maple marsh meadow mill mountain oak orchard ' +
  'otter owl peak pebble pine prairie quarry raven reef ridge river rook sail shore sparrow spruce summit swan thicket tide tower trail tundra valley willow'
).split(' ');

export const cities = (
  'Aldmoor Brenwick Calverton Dunmere Eastholm Farrowby Glenhaven Hartsea Inverloch Jarnvik Kestwood Lorrach Marlow-on-Sea Nordfell Oakport Penhallow Quillan ' +
  'Rosvik Silverton Tarnby Ulverstad Vellmar Westerby Yarrowdale Zandhoven'
).split(' ');
export const occupations =
  'architect|botanist|carpenter|chemist|clerk|editor|electrician|geologist|illustrator|librarian|mechanic|nurse|painter|pilot|plumber|sculptor|surveyor|tailor|teacher|translator|welder'.split(
    '|',
  );
export const hobbies =
  'archery|baking|beekeeping|bird watching|chess|climbing|cycling|fencing|fishing|gardening|juggling|kayaking|knitting|origami|pottery|rowing|sailing|skating|stargazing|weaving'.split(
    '|',
  );
export const domains = (
  'water supply|wind power|public transport|archive research|food safety|city planning|sleep medicine|soil science|ocean mapping|school meals|rail freight|glass recycling|' +
  'bird migration|flood control|elder care|machine translation|timber trade|road safety|crop insurance|museum lighting|heat storage|noise control'
).split('|');
export const roles =
  'lead|analyst|tester|planner|designer|adviser|reviewer|coordinator|engineer|auditor|trainer|recorder|scout|treasurer'.split(
    '|',
  );
export const departments =
  'Finance|Logistics|Research|Procurement|Quality|Outreach|Operations|Legal|Training|Facilities|Publishing|Security|Forecasting|Records'.split(
    '|',
  );
const sponsorEndings = [
  'Foundation',
  'Trust',
  'Institute',
  'Council',
  'Bank',
  'Society',
  'Works',
  'Fund',
  'Group',
  'Agency',
];

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function syllable(draw: Draw): string {
  return draw.pick(onsets) + draw.pick(vowels) + draw.pick(codas);
}

export function givenName(draw: Draw): string {
  return capital(
    syllable(draw) +
      (draw.chance(0.35) ? draw.pick(onsets) + draw.pick(vowels) + draw.pick(onsets) : draw.pick(onsets)) +
      draw.pick(givenEndings),
  );
}

export function familyName(draw: Draw): string {
  return capital(syllable(draw) + draw.pick(onsets) + draw.pick(familyEndings));
}

/** `count` different people; `similar` of 0 to 1 is the share whose name is close to another's: a part in common, or a letter apart. */
export function people(count: number, similar: number, draw: Draw): string[] {
  const names = new Set<string>();
  while (names.size < count) {
    const known = [...names];
    const near = known.length > 0 && draw.chance(similar);
    names.add(near ? nearPerson(draw.pick(known), draw) : `${givenName(draw)} ${familyName(draw)}`);
  }
  return [...names];
}

/** A name that is easily taken for `name`. */
export function nearPerson(name: string, draw: Draw): string {
  const [given = '', family = ''] = name.split(' ');
  switch (draw.int(0, 3)) {
    case 0:
      return `${given} ${familyName(draw)}`;
    case 1:
      return `${givenName(draw)} ${family}`;
    case 2:
      return `${given}${draw.pick(['n', 'l', 's', 'a'])} ${family}`;
    default:
      return `${given} ${family.slice(0, -1)}${draw.pick(['n', 'r', 'x', 'a', 'o'])}`;
  }
}

function projectName(draw: Draw): string {
  return `${capital(draw.pick(adjectives))} ${capital(draw.pick(things))}`;
}

/** Different projects; some differ in one word only. */
export function projects(count: number, similar: number, draw: Draw): string[] {
  const names = new Set<string>();
  while (names.size < count) {
    const known = [...names];
    const [first, second] = (known.length > 0 && draw.chance(similar) ? draw.pick(known) : projectName(draw)).split(
      ' ',
    );
    if (known.length === 0 || !draw.chance(similar)) names.add(projectName(draw));
    else
      names.add(
        draw.chance(0.5) ? `${first} ${capital(draw.pick(things))}` : `${capital(draw.pick(adjectives))} ${second}`,
      );
  }
  return [...names];
}

export function sponsor(draw: Draw): string {
  return `${familyName(draw)} ${draw.pick(sponsorEndings)}`;
}

/** A place or thing for a needle: blue harbour. */
export function place(draw: Draw): string {
  return `${draw.pick(adjectives)} ${draw.pick(things)}`;
}
