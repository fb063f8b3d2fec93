import type { LineRange } from '../../common/answers.ts';
import type { DataSet, EvalCorpus, EvalQuestion, MakeRequest } from '../types.ts';
import { Draw, inTurn } from './draw.ts';
import { FileLines, fill } from './lines.ts';
import { padded } from './padding.ts';
import { cities, departments, domains, hobbies, occupations, people, projects, roles, sponsors } from './people.ts';
import { evenShares } from './shares.ts';
import { membershipTask } from './tasks.ts';

/** Sizes of the seed paper's corpus: 32k tokens of chunks of exactly 256. */
const CORPUS_TOKENS = 32_768;
const CHUNK_TOKENS = 256;
/** A small corpus has short chunks, so that a person and the projects still find room in it. */
const SMALL_CHUNK_TOKENS = 64;
const SMALL_CORPUS = 4_096;
/** Entities of one file. */
const PER_FILE = 8;

/** {n}: a person, {p}: a project. */
export const membershipForms = {
  projects: [
    'In which projects does {n} take part?',
    'What projects is {n} a member of?',
    'Name the projects that {n} works on.',
  ],
  role: ['Which role has {n} in {p}?', 'In {p}, what is the role of {n}?', 'What position does {n} hold in {p}?'],
  department: [
    'Which department sends {n} to {p}?',
    'In {p}, which department is {n} from?',
    'What department does {n} work for in {p}?',
  ],
  domains: [
    'What are the domains of the projects of {n}?',
    'Name the domain of each project that {n} is in.',
    'In what domains does {n} have projects?',
  ],
  years: [
    'In what years did the projects of {n} begin?',
    'Which year did each project of {n} start in?',
    'What are the start years of the projects that {n} is in?',
  ],
  sponsors: [
    'Which sponsors do the projects of {n} have?',
    'Name the sponsor of each project that {n} is in.',
    'What sponsors stand behind the projects of {n}?',
  ],
} as const;

interface Person {
  name: string;
  age: number;
  occupation: string;
  city: string;
  hobbies: readonly string[];
}
interface Project {
  title: string;
  domain: string;
  sponsor: string;
  year: number;
}
interface Membership {
  person: Person;
  project: Project;
  role: string;
  department: string;
}

/** How many corpora a draw has: one for each number of projects that every person is linked to. */
const levels: Record<MakeRequest['breadth'], readonly number[]> = {
  few: [2],
  core: [1, 2, 4, 8],
  all: [1, 2, 3, 4, 5, 6, 7, 8],
};

/**
 * The synthetic corpus of the seed paper (arXiv 2503.04973, section 6), rebuilt: people, projects and memberships, each
 * padded to one chunk; every person linked to exactly k projects; direct questions need membership chunks only, join
 * questions memberships and projects. Its generator was never published.
 */
function make(request: MakeRequest, similar: boolean): EvalCorpus[] {
  const of = levels[request.breadth];
  const shares = evenShares(request.questions, of.length);
  return of.map((level, i) => corpus(request, level, similar, shares[i]!));
}

export const memberships: DataSet = {
  name: 'memberships',
  about:
    'people, projects and memberships of the seed paper, one corpus for each connectivity; direct and join questions',
  make: (request) => make(request, false),
};

export const similarNames: DataSet = {
  name: 'similar-names',
  about: 'the same with names that differ in a number only (Person_01, Person_02, …)',
  make: (request) => make(request, true),
};

function corpus(request: MakeRequest, level: number, similar: boolean, questions: number): EvalCorpus {
  const { seed, draw: number, count } = request;
  const draw = new Draw(`${seed}/memberships/${similar ? 'similar' : 'plain'}/${level}/${number}`);
  const tokens = request.tokens ?? CORPUS_TOKENS;
  const chunkTokens = tokens <= SMALL_CORPUS ? SMALL_CHUNK_TOKENS : CHUNK_TOKENS;
  const chunks = Math.max(2 + 2 * level, Math.floor(tokens / chunkTokens));
  // chunks = people · (1 + level) + projects, with about as many projects as people, and at least `level`.
  const projectCount = Math.max(level, Math.round(chunks / (level + 2)));
  const personCount = Math.max(1, Math.floor((chunks - projectCount) / (level + 1)));
  const persons = people(personCount, similar, draw).map((name): Person => ({
    name,
    age: draw.int(19, 70),
    occupation: draw.pick(occupations),
    city: draw.pick(cities),
    hobbies: draw.some(hobbies, 2),
  }));
  const pool = sponsors(Math.max(4, Math.ceil(projectCount * 0.8)), draw);
  const all = projects(projectCount, similar, draw).map((title): Project => ({
    title,
    domain: draw.pick(domains),
    sponsor: draw.pick(pool),
    year: draw.int(1961, 2025),
  }));
  const links = persons.flatMap((person) =>
    draw
      .some(all, level)
      .map((project): Membership => ({ person, project, role: draw.pick(roles), department: draw.pick(departments) })),
  );
  const files = new Map<string, string>();
  const pad = (text: string): string => padded(text, chunkTokens, count, draw);
  write(files, 'people', persons, personText, pad);
  const projectLines = write(files, 'projects', draw.shuffled(all), projectText, pad);
  const linkLines = write(files, 'memberships', draw.shuffled(links), membershipText, pad);
  return {
    id: `${similar ? 'similar-' : ''}k${level}`,
    files,
    task: membershipTask,
    questions: ask({ persons, links, projectLines, linkLines }, level, questions, draw),
  };
}

/** Writes entities as Markdown sections, a few to a file. @returns the lines of each */
function write<T>(
  files: Map<string, string>,
  sort: string,
  items: readonly T[],
  text: (item: T) => { title: string; said: string },
  pad: (text: string) => string,
): Map<T, LineRange> {
  const lines = new Map<T, LineRange>();
  for (let start = 0; start < items.length; start += PER_FILE) {
    const file = new FileLines(`registry/${sort}-${String(start / PER_FILE + 1).padStart(2, '0')}.md`);
    for (const item of items.slice(start, start + PER_FILE)) {
      const { title, said } = text(item);
      lines.set(item, file.add(pad(`## ${title}\n\n${said}`)));
    }
    files.set(file.path, file.text);
  }
  return lines;
}

const personText = (p: Person): { title: string; said: string } => ({
  title: p.name,
  said: `Person: ${p.name}. Age: ${p.age}. Occupation: ${p.occupation}. City: ${p.city}. Hobbies: ${p.hobbies.join(', ')}.`,
});
const projectText = (p: Project): { title: string; said: string } => ({
  title: p.title,
  said: `Project title: ${p.title}. Project domain: ${p.domain}. Sponsor: ${p.sponsor}. Year started: ${p.year}.`,
});
const membershipText = ({ person, project, role, department }: Membership): { title: string; said: string } => ({
  title: `${person.name} and ${project.title}`,
  said: `Member: ${person.name}. Member of: ${project.title}. Role held: ${role}. Sent by department: ${department}.`,
});

interface Made {
  persons: readonly Person[];
  links: readonly Membership[];
  projectLines: ReadonlyMap<Project, LineRange>;
  linkLines: ReadonlyMap<Membership, LineRange>;
}

function ask(
  { persons, links, projectLines, linkLines }: Made,
  level: number,
  count: number,
  draw: Draw,
): EvalQuestion[] {
  const form = (kind: keyof typeof membershipForms, slots: Record<string, string>): string =>
    fill(draw.pick(membershipForms[kind]), slots);
  const by = { connectivity: level };
  const pools: Record<keyof typeof membershipForms, Omit<EvalQuestion, 'id'>[]> = {
    projects: [],
    domains: [],
    role: [],
    years: [],
    department: [],
    sponsors: [],
  };
  for (const person of persons) {
    const mine = links.filter((l) => l.person === person);
    const places = mine.map((l) => linkLines.get(l)!);
    const joined = [...places, ...mine.map((l) => projectLines.get(l.project)!)];
    const add = (kind: keyof typeof pools, group: 'direct' | 'join', values: string[], evidence: LineRange[]): void => {
      const gold = [...new Set(values)];
      pools[kind].push({
        kind,
        group,
        question: form(kind, { n: person.name }),
        gold,
        scoring: 'word-set',
        evidence,
        by,
      });
    };
    add(
      'projects',
      'direct',
      mine.map((l) => l.project.title),
      places,
    );
    add(
      'domains',
      'join',
      mine.map((l) => l.project.domain),
      joined,
    );
    add(
      'years',
      'join',
      mine.map((l) => String(l.project.year)),
      joined,
    );
    add(
      'sponsors',
      'join',
      mine.map((l) => l.project.sponsor),
      joined,
    );
  }
  for (const link of links) {
    const slots = { n: link.person.name, p: link.project.title };
    const evidence = [linkLines.get(link)!];
    for (const kind of ['role', 'department'] as const)
      pools[kind].push({
        kind,
        group: 'direct',
        question: form(kind, slots),
        gold: [link[kind]],
        scoring: 'word-set',
        evidence,
        by,
      });
  }
  const chosen = inTurn(
    Object.values(pools).map((pool) => draw.shuffled(pool)),
    count,
  );
  return chosen.map((q, i) => ({ ...q, id: `${q.kind}-${i + 1}` }));
}
