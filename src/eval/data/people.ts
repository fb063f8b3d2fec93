import type { Draw } from './draw.ts';

/**
 * Names for the made-up corpora of the evaluation. None of them is among those that the starter model's training
 * draws from (training/data/entities.ts, services.ts, vocabulary.ts): test/eval/disjoint.test.ts holds them apart.
 */
const given = (
  'Abigail Chiyoko Cuthbert Dorothea Eugenia Evander Ffion Gwyneth Hyacinth Ignatius Imogen Joaquin Jocasta Kofi Lakshmi Leopold Lucinda ' +
  'Marguerite Mehmet Nicodemus Nkechi Octavia Olufemi Percival Philippa Quentin Rosalind Saoirse Theodora Thaddeus Ulysses Umberto Violet ' +
  'Winifred Xanthe Ximena Yolanda Yusuf Zachary Zuleika'
).split(' ');
const family = (
  'Abernathy Achebe Blythewood Cavanaugh Chowdhury Crabtree Delacroix Dunwoody Eberhardt Fairweather Featherstone Fitzgerald Goldsworthy ' +
  'Haythornthwaite Hathaway Iwobi Jayawardena Kowalczyk Lightfoot Llewellyn MacQuarrie Mukherjee Nakamura Oglethorpe Okonkwo Pemberton ' +
  'Quackenbush Ravenscroft Schwarzkopf Shackleton Thistlethwaite Throckmorton Underhay Vashchenko Wetherby Wolstenholme Xiourouppa Youngblood ' +
  'Yamaguchi Zwingli'
).split(' ');
const projectFirst = (
  'Agate Basalt Cobalt Dolomite Feldspar Gypsum Halite Indigo Jasper Kyanite Lapis Malachite Nickel Obsidian Opal Peridot Quartz Rhodium Sapphire ' +
  'Tungsten Umber Vermilion Zircon Zinc'
).split(' ');
const projectSecond = (
  'Abacus Bassoon Catapult Dulcimer Easel Fiddle Gazette Harpsichord Inkwell Jigsaw Kettledrum Loom Mandolin Needlework Oboe Pantograph Quill ' +
  'Rucksack Sextant Typewriter Ukulele Viola Windlass Xylophone Yardstick Zither'
).split(' ');

export const occupations =
  'actuary|barrister|cartographer|dentist|farrier|glazier|hydrologist|interpreter|jeweller|locksmith|midwife|notary|optician|pharmacist|roofer|statistician|upholsterer|veterinarian'.split(
    '|',
  );
export const cities =
  'Ashcombe Bexhollow Cumberfield Drumquhar Eskmouth Fowlmere Gullholm Highcliffe Ilmcross Jossford Kirkbury Lythgate Muxton Nethershaw Oxpath Pikeham Quernbridge Ruxley Swallowdene Thurlbeck'.split(
    ' ',
  );
export const hobbies =
  'abseiling|birdhouse building|bookbinding|caving|crochet|darts|embroidery|falconry|geocaching|horse riding|ice hockey|jigsaw puzzles|kite flying|lace making|metal detecting|quilting'.split(
    '|',
  );
export const domains = (
  'allergy testing|bridge inspection|carbon accounting|dairy hygiene|earthquake drills|fire prevention|ground water|hearing aids|insect farming|job training|knee surgery|land registry|' +
  'malaria control|night buses|organ donation|pest detection|river dredging|satellite imaging|tooth enamel|urban bees|vaccine storage|wage statistics|x-ray safety|youth theatre'
).split('|');
export const roles =
  'chairperson|delegate|examiner|facilitator|historian|instructor|liaison|mediator|observer|rapporteur|secretary|spokesperson|steward|translator-in-chief|understudy|volunteer'.split(
    '|',
  );
export const departments =
  'Accounting|Biochemistry|Catering|Diplomacy|Engineering|Fundraising|Geodesy|Hospitality|Insurance|Journalism|Knitwear|Licensing|Maintenance|Nutrition|Optics|Patents'.split(
    '|',
  );
const sponsorNames = (
  'Ashworth Bonheur Castellan Dewdrop Ellingham Foxglove Grantchester Hollyhock Ivybridge Jolliffe Kingfisher Loxley Merriweather Nightingale Oakshott ' +
  'Primrose Queensbury Rosebud Sandringham Tamarind Uffington Vanbrugh Wisteria Yellowhammer'
).split(' ');
const sponsorKinds = ['Charity', 'Endowment', 'Ministry', 'Cooperative', 'Guild', 'Company'];

const pairs = (first: readonly string[], second: readonly string[], join: string): string[] =>
  first.flatMap((a) => second.map((b) => `${a}${join}${b}`));

/** `count` different names. `similar`: as in the seed paper's variant, names that differ in a number only (Person_01). */
export function people(count: number, similar: boolean, draw: Draw): string[] {
  return similar ? numbered('Person', count) : draw.some(pairs(given, family, ' '), count);
}

export function projects(count: number, similar: boolean, draw: Draw): string[] {
  return similar ? numbered('Project', count) : draw.some(pairs(projectFirst, projectSecond, ' '), count);
}

export function sponsors(count: number, draw: Draw): string[] {
  return draw.some(pairs(sponsorNames, sponsorKinds, ' '), count);
}

function numbered(stem: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${stem}_${String(i + 1).padStart(2, '0')}`);
}
