import type { Draw } from './draw.ts';
import { FileWriter } from './fileWriter.ts';
import type { Membership, Organisation, Person, Project } from './memberships.ts';
import type { WorkChunk } from './select.ts';

/** Sentences that say nothing that is asked. */
const fillers = [
  'The entry was checked last spring and nothing had to be changed.',
  'More about this stands in the yearly report.',
  'The office keeps a paper copy of this page.',
  'Please tell the registry when something here is out of date.',
  'Meetings are announced on the board beside the entrance.',
  'Older versions of this entry are in the archive.',
  'This page is updated twice a year.',
  'Visitors are asked to ring at the front desk.',
  'The next review is planned for the autumn.',
  'No photographs are available.',
  'Letters go through the central post room.',
  'A short summary hangs in the hallway.',
  'The numbering follows the old card index.',
  'Details can be had on request.',
];

/** Writes people, projects and memberships as sections of Markdown files, or as plain lines of text files. */
export function writeOrganisation(
  people: readonly Person[],
  projects: readonly Project[],
  memberships: readonly Membership[],
  draw: Draw,
): Organisation & { chunks: WorkChunk[] } {
  const markdown = draw.chance(0.75);
  const folder = draw.pick(['docs', 'notes', 'registry', 'data/people', 'handbook', 'wiki/org', 'staff']);
  const style = { markdown, folder, filler: draw.pick([0, 0, 1, 2]), form: draw.int(0, 2), draw };
  const everyone = draw.chance(0.75);
  const personChunks = write(everyone ? people : [], 'people', personText, (one) => one.name, style);
  const projectChunks = write(projects, 'projects', projectText, (one) => one.title, style);
  const memberChunks = write(
    draw.shuffled(memberships),
    'memberships',
    membershipText,
    (one) => `${one.person.name} in ${one.project.title}`,
    style,
  );
  return {
    people: new Map(people.map((one) => [one, personChunks.get(one)])),
    projects: projectChunks,
    memberships: memberChunks,
    chunks: [...personChunks.values(), ...projectChunks.values(), ...memberChunks.values()],
  };
}

interface Style {
  markdown: boolean;
  folder: string;
  /** Most sentences without meaning. */
  filler: number;
  /** Which of the wordings this corpus uses. */
  form: number;
  draw: Draw;
}

/** Entities of a sort, over one file or several. */
function write<T>(
  items: readonly T[],
  sort: string,
  text: (item: T, form: number) => string,
  title: (item: T) => string,
  { markdown, folder, filler, form, draw }: Style,
): Map<T, WorkChunk> {
  const each = draw.pick([4, 8, 1000]);
  const extension = markdown ? 'md' : 'txt';
  let file = new FileWriter('', 'text');
  return new Map(
    items.map((item, i) => {
      if (i % each === 0) {
        const number = i === 0 && each > items.length ? '' : `-${i / each + 1}`;
        file = new FileWriter(`${folder}/${sort}${number}.${extension}`, markdown ? 'markdown' : 'text');
      }
      const said = [text(item, form), ...draw.some(fillers, draw.int(0, filler))].join(' ');
      const name = title(item);
      if (markdown)
        return [
          item,
          file.add({ kind: 'section', name, text: `${draw.chance(0.7) ? '##' : '###'} ${name}\n\n${said}` }),
        ];
      return [item, file.add({ kind: 'code', name: file.path.slice(folder.length + 1), text: said })];
    }),
  );
}

function personText({ name, age, occupation, city, hobby }: Person, form: number): string {
  switch (form) {
    case 0:
      return `${name} is ${age} years old, works as ${article(occupation)} and lives in ${city}. Hobby: ${hobby}.`;
    case 1:
      return `Name: ${name}. Age: ${age}. Occupation: ${occupation}. City: ${city}. Hobby: ${hobby}.`;
    default:
      return `${name}, ${age}, ${occupation}, is at home in ${city} and likes ${hobby}.`;
  }
}

function projectText({ title, domain, sponsor, year }: Project, form: number): string {
  switch (form) {
    case 0:
      return `The project ${title} is about ${domain}. It is sponsored by the ${sponsor} and started in ${year}.`;
    case 1:
      return `Project: ${title}. Domain: ${domain}. Sponsor: ${sponsor}. Year: ${year}.`;
    default:
      return `${title} began in ${year}. Its domain is ${domain}, its sponsor ${sponsor}.`;
  }
}

function membershipText({ person, project, role, department }: Membership, form: number): string {
  switch (form) {
    case 0:
      return `${person.name} is a member of the project ${project.title}, as ${role}, for the department ${department}.`;
    case 1:
      return `Person: ${person.name}. Project: ${project.title}. Role: ${role}. Department: ${department}.`;
    default:
      return `In ${project.title}, ${person.name} has the role ${role} (${department}).`;
  }
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
