import { extractionPhrasings } from '../../training/data/extraction.ts';
import { membershipPhrasings, type MembershipKind } from '../../training/data/membershipPhrasings.ts';
import type { Asked } from '../../training/data/request.ts';
import { servicePhrasings, type ServiceKind } from '../../training/data/servicePhrasings.ts';
import { readContext, standsIn, type ReadContext } from './contextReader.ts';

/** What sentences say about people, projects and memberships, read from the text. */
interface Said {
  people: Map<string, Record<string, string>>;
  projects: Map<string, Record<string, string>>;
  memberships: { person: string; project: string; role: string; department: string }[];
}

const sentences = {
  person: [
    /^(?<n>.+?) is (?<age>\d+) years old, works as an? (?<occupation>.+?) and lives in (?<city>.+?)\. Hobby: (?<hobby>.+?)\./gm,
    /Name: (?<n>.+?)\. Age: (?<age>\d+)\. Occupation: (?<occupation>.+?)\. City: (?<city>.+?)\. Hobby: (?<hobby>.+?)\./g,
    /^(?<n>.+?), (?<age>\d+), (?<occupation>.+?), is at home in (?<city>.+?) and likes (?<hobby>.+?)\./gm,
  ],
  project: [
    /The project (?<n>.+?) is about (?<domain>.+?)\. It is sponsored by the (?<sponsor>.+?) and started in (?<year>\d+)\./g,
    /^Project: (?<n>.+?)\. Domain: (?<domain>.+?)\. Sponsor: (?<sponsor>.+?)\. Year: (?<year>\d+)\./gm,
    /^(?<n>.+?) began in (?<year>\d+)\. Its domain is (?<domain>.+?), its sponsor (?<sponsor>.+?)\./gm,
  ],
  membership: [
    /^(?<person>.+?) is a member of the project (?<project>.+?), as (?<role>.+?), for the department (?<department>.+?)\./gm,
    /Person: (?<person>.+?)\. Project: (?<project>.+?)\. Role: (?<role>.+?)\. Department: (?<department>.+?)\./g,
    /^In (?<project>.+?), (?<person>.+?) has the role (?<role>.+?) \((?<department>.+?)\)\./gm,
  ],
};

function saidIn(text: string): Said {
  const all = (patterns: readonly RegExp[]): Record<string, string>[] =>
    patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(({ groups }) => ({ ...groups })));
  const byName = (records: Record<string, string>[]): Map<string, Record<string, string>> =>
    new Map(records.map((one) => [one['n']!, one]));
  return {
    people: byName(all(sentences.person)),
    projects: byName(all(sentences.project)),
    memberships: all(sentences.membership) as unknown as Said['memberships'],
  };
}

/** What a question says in the slots of the phrasings that it may be of. */
export function slotsIn(question: string, phrasings: readonly string[]): Record<string, string>[] {
  return phrasings.flatMap((phrasing) => {
    const source = phrasing.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w)\}/g, '(?<$1>.+?)');
    const groups = new RegExp(`^${source}$`).exec(question)?.groups;
    return groups ? [{ ...groups }] : [];
  });
}

/** Is a question about people, projects or services answered as the text has it? */
export function isRightInWorld({ kind, question, answer }: Asked, segments: readonly string[]): boolean {
  const context = readContext({ segments: [...segments] });
  if (kind === 'extraction') return isExtracted(question, answer, context);
  if (kind in membershipPhrasings) {
    const said = saidIn(context.text);
    return slotsIn(question, membershipPhrasings[kind as MembershipKind]).some((slots) =>
      memberAnswer(kind as MembershipKind, slots, answer, said),
    );
  }
  if (kind in servicePhrasings) {
    return slotsIn(question, servicePhrasings[kind as ServiceKind]).some(({ n }) =>
      serviceAnswer(kind as ServiceKind, n!, answer, context),
    );
  }
  return false;
}

function memberAnswer(
  kind: MembershipKind,
  { n = '', p = '', d = '', c = '' }: Record<string, string>,
  answer: string,
  said: Said,
): boolean {
  const mine = said.memberships.filter(({ person }) => person === n);
  const inProject = said.memberships.filter(({ project }) => project === p);
  const both = mine.filter(({ project }) => project === p);
  const same = (values: (string | undefined)[]): boolean =>
    [...new Set(values)].join(', ') === answer && values.length > 0;
  const ofProjects = (key: string): (string | undefined)[] =>
    mine.map(({ project }) => said.projects.get(project)?.[key]);
  switch (kind) {
    case 'projects of person':
      return same(mine.map(({ project }) => project));
    case 'departments of person':
      return same(mine.map(({ department }) => department));
    case 'count of projects':
      return answer === String(mine.length);
    case 'members of project':
      return same(inProject.map(({ person }) => person));
    case 'role':
      return same(both.map(({ role }) => role));
    case 'department':
      return same(both.map(({ department }) => department));
    case 'age':
    case 'occupation':
    case 'city':
    case 'hobby':
      return said.people.get(n)?.[kind] === answer;
    case 'domain':
    case 'sponsor':
    case 'year':
      return said.projects.get(p)?.[kind] === answer;
    case 'domains of person':
      return same(ofProjects('domain'));
    case 'sponsors of person':
      return same(ofProjects('sponsor'));
    case 'years of person':
      return same(ofProjects('year'));
    case 'projects in domain':
      return same(mine.map(({ project }) => project).filter((project) => said.projects.get(project)?.['domain'] === d));
    case 'lead of project of person':
      return same(
        said.memberships
          .filter(({ project, role }) => role === 'lead' && project === mine[0]?.project)
          .map(({ person }) => person),
      );
    case 'member from city':
      return same(inProject.map(({ person }) => person).filter((person) => said.people.get(person)?.['city'] === c));
  }
}

/** Follows the names through the text: service to route, route to handler, handler to store. */
function serviceAnswer(kind: ServiceKind, name: string, answer: string, { text }: ReadContext): boolean {
  const first = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
  const routesOf = (service: string): string[] => {
    const body = first(new RegExp(`class ${service}(?: \\{|:)\\n((?: +.*\\n)+)`)) ?? '';
    const list = /routes = \[(.*)\]/.exec(body)?.[1];
    return list !== undefined
      ? list.split(', ')
      : [...body.matchAll(/= register\((\w+)\)/g)].map(([, route]) => route!);
  };
  const services = [...text.matchAll(/class (\w+)(?: \{|:)\n/g)].map(([, service]) => service!);
  const serviceOf = (route: string): string | undefined =>
    services.find((service) => routesOf(service).includes(route));
  const ownerOf = (service: string): string | undefined =>
    first(new RegExp(`assign\\(${service}, ["'](.+?)["']\\)`)) ??
    first(new RegExp(`["']${service}["'](?:, |\\] = )\\{ ?"?person"?: ["'](.+?)["']`));
  const handlerOf = (route: string): string | undefined =>
    first(new RegExp(`\\b${route} = \\{ ?"?path"?: ["'][^"']*["'], "?handler"?: (\\w+)`)) ??
    first(new RegExp(`\\b${route}(?:: Route)? = [Rr]oute\\(["'][^"']*["'], (\\w+)\\)`));
  const urlOf = (route: string): string | undefined =>
    first(new RegExp(`\\b${route}(?:: Route)? = (?:\\{ ?"?path"?: |[Rr]oute\\()["']([^"']*)["']`));
  const storeOf = (handler: string | undefined): string | undefined =>
    first(new RegExp(`(?:def|function) ${handler ?? '-'}\\(.*\\n\\s+(?:return (\\w+)\\.read)`)) ??
    first(new RegExp(`(?:def|function) ${handler ?? '-'}\\(.*\\n.*= (?:new )?(\\w+)\\(\\)`));
  const resultOf = (handler: string | undefined): string | undefined =>
    first(new RegExp(`(?:def|function) ${handler ?? '-'}\\(.*\\)(?:: | -> )(\\w+)`));
  const sole = routesOf(name).length === 1 ? routesOf(name)[0]! : '-';
  const routes = [...text.matchAll(/(\w+)(?:: Route)? = (?:\{ ?"?path"?:|[Rr]oute\()/g)].map(([, route]) => route!);
  switch (kind) {
    case 'routes of service':
      return routesOf(name).join(', ') === answer;
    case 'count of routes':
      return String(routesOf(name).length) === answer;
    case 'owner of service':
      return ownerOf(name) === answer;
    case 'services of owner':
      return answer.split(', ').every((service) => ownerOf(service) === name);
    case 'handler of service':
      return handlerOf(sole) === answer;
    case 'url of service':
      return urlOf(sole) === answer;
    case 'store of service':
      return storeOf(handlerOf(sole)) === answer;
    case 'handler of route':
      return handlerOf(name) === answer;
    case 'url of route':
      return urlOf(name) === answer;
    case 'service of route':
      return serviceOf(name) === answer;
    case 'owner of route':
      return ownerOf(serviceOf(name) ?? '-') === answer;
    case 'store of handler':
      return storeOf(name) === answer;
    case 'store of route':
      return storeOf(handlerOf(name)) === answer;
    case 'result of route':
      return resultOf(handlerOf(name)) === answer;
    case 'service of handler':
      return serviceOf(routes.find((route) => handlerOf(route) === name) ?? '-') === answer;
  }
}

/** The keys in the order of the question, each value beside its key (in a table: in the record's row). */
function isExtracted(question: string, answer: string, { text }: ReadContext): boolean {
  const values = JSON.parse(answer) as Record<string, unknown>;
  return slotsIn(question, extractionPhrasings).some(({ k = '', n = '' }) => {
    if (k.split(/, | and /).join() !== Object.keys(values).join() || !standsIn(text, n)) return false;
    const row = new RegExp(`^\\| ${n} \\|.*$`, 'm').exec(text)?.[0];
    return Object.entries(values).every(([key, value]) => {
      const shown =
        typeof value === 'boolean' ? new RegExp(String(value), 'i') : new RegExp(String(value).replace('.', '\\.'));
      if (row !== undefined) return shown.test(row);
      return new RegExp(`\\b${key}"?:? ["']?${shown.source}`, 'i').test(text.slice(text.indexOf(n)));
    });
  });
}
