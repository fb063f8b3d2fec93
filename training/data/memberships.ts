import { notHere } from './askDefinitions.ts';
import type { Draw } from './draw.ts';
import {
  cities,
  departments,
  domains,
  hobbies,
  nearPerson,
  occupations,
  people,
  projects,
  roles,
  sponsor,
} from './entities.ts';
import { membershipPhrasings, type MembershipKind } from './membershipPhrasings.ts';
import { writeOrganisation } from './membershipText.ts';
import type { Asked } from './request.ts';
import type { WorkChunk } from './select.ts';
import { mostAnswers, type World, type WorldFact } from './worlds.ts';

export interface Person {
  name: string;
  age: number;
  occupation: string;
  city: string;
  hobby: string;
}

export interface Project {
  title: string;
  domain: string;
  sponsor: string;
  year: number;
}

export interface Membership {
  person: Person;
  project: Project;
  role: string;
  department: string;
}

/** Who and what there is, with the chunk that says so. */
export interface Organisation {
  people: Map<Person, WorkChunk | undefined>;
  projects: Map<Project, WorkChunk>;
  memberships: Map<Membership, WorkChunk>;
}

/**
 * A corpus of people, projects and memberships with direct questions (one chunk) and joins (a membership and its project), in the form of the
 * synthetic corpus of "Beyond RAG: Task-Aware KV Cache Compression for Comprehensive Knowledge Reasoning" (arXiv:2503.04973, section 6):
 * every person is linked to a number of projects, and names may be close to each other.
 * @param size about how many chunks
 */
export function membershipWorld(size: number, draw: Draw): World {
  const similar = draw.pick([0, 0.2, 0.5, 0.8]);
  const connectivity = draw.int(1, 4);
  const count = Math.max(2, Math.round(size / (1.6 + connectivity)));
  const persons = people(count, similar, draw).map((name): Person => ({
    name,
    age: draw.int(19, 70),
    occupation: draw.pick(occupations),
    city: draw.pick(cities),
    hobby: draw.pick(hobbies),
  }));
  const all = projects(Math.max(connectivity, Math.ceil(count * 0.7)), similar, draw).map((title): Project => ({
    title,
    domain: draw.pick(domains),
    sponsor: sponsor(draw),
    year: draw.int(1988, 2026),
  }));
  const memberships: Membership[] = [];
  for (const person of persons) {
    const linked = draw.some(all, draw.chance(0.8) ? connectivity : draw.int(1, connectivity));
    for (const project of linked) {
      const led = memberships.some((one) => one.project === project && one.role === 'lead');
      const free = led ? roles.filter((role) => role !== 'lead') : roles;
      memberships.push({
        person,
        project,
        role: !led && draw.chance(0.5) ? 'lead' : draw.pick(free),
        department: draw.pick(departments),
      });
    }
  }
  const organisation = writeOrganisation(persons, all, memberships, draw);
  const { chunks } = organisation;
  return {
    chunks,
    facts: [...directFacts(organisation, draw), ...joinFacts(organisation, draw)],
    absent: () => absentPerson(persons, all, draw),
    names: [...persons.map(({ name }) => name), ...all.map(({ title }) => title)],
  };
}

function asked(kind: MembershipKind, slots: Record<string, string>, answer: string, draw: Draw): Asked {
  const question = draw.pick(membershipPhrasings[kind]).replace(/\{(\w)\}/g, (_, slot: string) => slots[slot] ?? '');
  return { kind, question, answer };
}

type Order = Parameters<WorldFact['ask']>[0];

/** Values in the order of their chunks, each once; undefined where they are too many. */
function listed<T>(items: readonly [T, WorkChunk][], value: (item: T) => string, order: Order): string | undefined {
  const values = [...new Set(items.toSorted(([, a], [, b]) => order(a, b)).map(([item]) => value(item)))];
  return values.length > 0 && values.length <= mostAnswers ? values.join(', ') : undefined;
}

function directFacts({ people: persons, projects: all, memberships }: Organisation, draw: Draw): WorldFact[] {
  const facts: WorldFact[] = [];
  const add = (weight: number, needs: WorldFact['needs'], ask: WorldFact['ask']): void =>
    void facts.push({ weight, needs, ask });
  const byPerson = Map.groupBy(memberships, ([one]) => one.person);
  const byProject = Map.groupBy(memberships, ([one]) => one.project);
  for (const [person, list] of byPerson) {
    const needs = list.map(([, chunk]) => chunk);
    const of =
      (value: (one: Membership) => string, kind: MembershipKind) =>
      (order: Order): Asked | undefined => {
        const answer = listed(list, value, order);
        return answer === undefined ? undefined : asked(kind, { n: person.name }, answer, draw);
      };
    add(
      4,
      needs,
      of((one) => one.project.title, 'projects of person'),
    );
    add(
      1,
      needs,
      of((one) => one.department, 'departments of person'),
    );
    add(1, needs, () => asked('count of projects', { n: person.name }, String(list.length), draw));
  }
  for (const [project, list] of byProject) {
    add(
      2,
      list.map(([, chunk]) => chunk),
      (order) => {
        const answer = listed(list, (one) => one.person.name, order);
        return answer === undefined ? undefined : asked('members of project', { p: project.title }, answer, draw);
      },
    );
  }
  for (const [{ person, project, role, department }, chunk] of memberships) {
    const slots = { n: person.name, p: project.title };
    add(2, [chunk], () => asked('role', slots, role, draw));
    add(1, [chunk], () => asked('department', slots, department, draw));
  }
  for (const [person, chunk] of persons) {
    if (!chunk) continue;
    const kind = draw.pick(['age', 'occupation', 'city', 'hobby'] as const);
    add(1, [chunk], () => asked(kind, { n: person.name }, String(person[kind]), draw));
  }
  for (const [project, chunk] of all) {
    const kind = draw.pick(['domain', 'sponsor', 'year'] as const);
    add(1.5, [chunk], () => asked(kind, { p: project.title }, String(project[kind]), draw));
  }
  return facts;
}

function joinFacts({ people: persons, projects: all, memberships }: Organisation, draw: Draw): WorldFact[] {
  const facts: WorldFact[] = [];
  const values = { 'domains of person': 'domain', 'sponsors of person': 'sponsor', 'years of person': 'year' } as const;
  for (const [person, list] of Map.groupBy(memberships, ([one]) => one.person)) {
    const projectChunks = list.map(([{ project }]) => all.get(project)!);
    const needs = [...list.map(([, chunk]) => chunk), ...projectChunks];
    for (const [kind, key] of Object.entries(values) as [keyof typeof values, (typeof values)[keyof typeof values]][]) {
      facts.push({
        weight: 3,
        needs,
        ask: (order) => {
          const answer = listed(list, ({ project }) => String(project[key]), order);
          return answer === undefined ? undefined : asked(kind, { n: person.name }, answer, draw);
        },
      });
    }
    const domain = draw.pick(list)[0].project.domain;
    facts.push({
      weight: 2,
      needs,
      ask: (order) => {
        const answer = listed(
          list.filter(([one]) => one.project.domain === domain),
          (one) => one.project.title,
          order,
        );
        return answer === undefined
          ? undefined
          : asked('projects in domain', { n: person.name, d: domain }, answer, draw);
      },
    });
    facts.push(...leadFacts(person, list, [...memberships], draw));
  }
  for (const [person, chunk] of persons) {
    const mine = [...memberships].filter(([one]) => one.person === person);
    const project = mine.length > 0 ? draw.pick(mine)[0].project : undefined;
    const fellows = [...memberships].filter(([one]) => one.project === project);
    if (!chunk || !project) continue;
    const cityOf = fellows.filter(([one]) => one.person.city === person.city);
    const personChunks = fellows.map(([one]) => persons.get(one.person));
    if (cityOf.length !== 1 || personChunks.some((one) => !one)) continue;
    facts.push({
      weight: 1,
      needs: [...fellows.map(([, one]) => one), ...personChunks.flatMap((one) => one ?? [])],
      ask: () => asked('member from city', { p: project.title, c: person.city }, person.name, draw),
    });
  }
  return facts;
}

/** Who leads the one project of a person: over all memberships of that project. */
function leadFacts(
  person: Person,
  list: readonly [Membership, WorkChunk][],
  all: readonly [Membership, WorkChunk][],
  draw: Draw,
): WorldFact[] {
  if (list.length !== 1) return [];
  const { project } = list[0]![0];
  const of = all.filter(([one]) => one.project === project);
  const lead = of.find(([one]) => one.role === 'lead')?.[0].person;
  if (!lead || lead === person) return [];
  return [
    {
      weight: 3,
      needs: of.map(([, chunk]) => chunk),
      ask: () => asked('lead of project of person', { n: person.name }, lead.name, draw),
    },
  ];
}

function absentPerson(persons: readonly Person[], all: readonly Project[], draw: Draw): Asked {
  const known = new Set(persons.map(({ name }) => name));
  let name = nearPerson(draw.pick(persons).name, draw);
  while (known.has(name)) name = nearPerson(name, draw);
  const kind = draw.pick([
    'projects of person',
    'role',
    'domains of person',
    'city',
    'department',
    'sponsors of person',
    'lead of project of person',
  ] as const);
  return { ...asked(kind, { n: name, p: draw.pick(all).title }, notHere, draw), kind: 'absent' };
}
