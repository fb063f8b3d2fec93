import { notHere } from './askDefinitions.ts';
import type { Draw } from './draw.ts';
import { people } from './entities.ts';
import { nearDuplicate, spelled } from './names.ts';
import { writeServices } from './serviceText.ts';
import { servicePhrasings, type ServiceKind } from './servicePhrasings.ts';
import type { Asked } from './request.ts';
import type { WorkChunk } from './select.ts';
import { mostAnswers, type World, type WorldFact } from './worlds.ts';

/** A service registers routes; each route has a handler, each handler a store; each service has an owner. */
export interface Service {
  name: string;
  owner: string;
  routes: Route[];
}

export interface Route {
  /** Name of its constant. */
  name: string;
  /** Where it listens. */
  url: string;
  handler: Handler;
}

interface Handler {
  name: string;
  store: string;
  returns: string;
}

/** Which chunk says what. */
export interface ServiceChunks {
  chunks: WorkChunk[];
  /** The class that lists its routes. */
  services: Map<Service, WorkChunk>;
  routes: Map<Route, WorkChunk>;
  handlers: Map<Handler, WorkChunk>;
  /** The registration that names the owner. */
  owners: Map<Service, WorkChunk>;
}

/** Words that services and what belongs to them are named with. An evaluation's must be others. */
const topics = (
  'billing booking catalog cargo dispatch docking fleet forecast gallery harvest heating inventory irrigation ledger library lodging mail metering milling ' +
  'parking payroll permit pricing printing quality quota recipe rental roster routing sampling schedule sensor shipping signage storage survey tariff ticket ' +
  'timetable tolling tracking training translation transit vending voucher weather weighing'
).split(' ');
const actions =
  'list show create update cancel confirm archive export import assign release renew merge split verify approve reject count search print'.split(
    ' ',
  );
const objects = (
  'order ticket parcel slot crate pallet invoice guest room seat route ship lot field batch sample reading badge permit coupon shelf volume page album price tariff ' +
  'label vehicle driver shift lease refund deposit quote claim notice alert stop gate berth'
).split(' ');

/** The code twin of the memberships: registries that relate services, routes, handlers, stores and owners. */
export function serviceWorld(size: number, draw: Draw): World {
  const python = draw.chance(0.4);
  const style = python ? 'snake' : 'camel';
  const taken = new Set<string>();
  const fresh = (make: () => string): string => {
    let name = make();
    for (let tries = 0; taken.has(name); tries++) name = tries < 20 ? make() : `${make()}${taken.size}`;
    taken.add(name);
    return name;
  };
  const count = Math.max(2, Math.round(size / 5));
  const owners = people(Math.max(2, Math.ceil(count * 0.7)), 0.4, draw);
  const near = draw.pick([0, 0.3, 0.6]);
  const services = Array.from({ length: count }, (): Service => {
    const topic = draw.pick(topics);
    const routes = Array.from({ length: draw.chance(0.5) ? 1 : draw.int(1, 3) }, (): Route => {
      const words = [draw.pick(actions), draw.pick(objects)];
      const known = [...taken].filter((name) => /route$/i.test(name));
      const own = (): string => spelled([draw.pick(actions), draw.pick(objects), 'route'], style);
      const name = fresh(() => (known.length > 0 && draw.chance(near) ? nearDuplicate(draw.pick(known), draw) : own()));
      const handler = {
        name: fresh(() =>
          spelled(
            [
              draw.pick(['handle', 'on', 'serve', 'answer', 'run', 'process']),
              ...(draw.chance(0.5) ? words : [draw.pick(actions), draw.pick(objects)]),
            ],
            style,
          ),
        ),
        store: `${spelled([draw.pick(objects), draw.pick(['store', 'table', 'archive', 'index', 'queue', 'repository'])], 'pascal')}`,
        returns: spelled(
          [draw.pick(objects), draw.pick(['list', 'page', 'reply', 'view', 'summary', 'result'])],
          'pascal',
        ),
      };
      return {
        name,
        url: `/${draw.pick(topics)}/${draw.pick(objects)}${draw.pick(['', 's', '/:id', '/new', '/all', '/recent'])}`,
        handler,
      };
    });
    return {
      name: fresh(() =>
        spelled(
          [
            topic,
            ...(draw.chance(0.4) ? [draw.pick(objects)] : []),
            draw.pick(['service', 'service', 'module', 'gateway', 'desk']),
          ],
          'pascal',
        ),
      ),
      owner: draw.pick(owners),
      routes,
    };
  });
  const written = writeServices(services, python, draw);
  return {
    chunks: written.chunks,
    facts: factsOf(services, written, draw),
    absent: () => absentName(services, taken, draw),
    names: services.flatMap(({ name, routes }) => [
      name,
      ...routes.flatMap((route) => [route.name, route.handler.name]),
    ]),
  };
}

function asked(kind: ServiceKind, n: string, answer: string, draw: Draw): Asked {
  return { kind, question: draw.pick(servicePhrasings[kind]).replace('{n}', () => n), answer };
}

function factsOf(
  services: readonly Service[],
  { services: classes, routes, handlers, owners }: ServiceChunks,
  draw: Draw,
): WorldFact[] {
  const facts: WorldFact[] = [];
  const add = (
    weight: number,
    needs: (WorkChunk | undefined)[],
    kind: ServiceKind,
    n: string,
    answer: string,
  ): void => {
    const all = needs.flatMap((chunk) => chunk ?? []);
    if (all.length === needs.length) facts.push({ weight, needs: all, ask: () => asked(kind, n, answer, draw) });
  };
  const ownedBy = Map.groupBy(services, ({ owner }) => owner);
  for (const service of services) {
    const own = classes.get(service);
    const names = service.routes.map((route) => route.name);
    add(2, [own], 'routes of service', service.name, names.join(', '));
    add(1, [own], 'count of routes', service.name, String(names.length));
    add(2, [owners.get(service)], 'owner of service', service.name, service.owner);
    const sole = service.routes.length === 1 ? service.routes[0] : undefined;
    if (sole) {
      const route = routes.get(sole);
      add(4, [own, route], 'handler of service', service.name, sole.handler.name);
      add(2, [own, route], 'url of service', service.name, sole.url);
      add(2, [own, route, handlers.get(sole.handler)], 'store of service', service.name, sole.handler.store);
    }
    for (const route of service.routes) {
      const { handler } = route;
      const [chunk, code] = [routes.get(route), handlers.get(handler)];
      add(2, [chunk], 'handler of route', route.name, handler.name);
      add(1, [chunk], 'url of route', route.name, route.url);
      add(2, [own], 'service of route', route.name, service.name);
      add(3, [own, owners.get(service)], 'owner of route', route.name, service.owner);
      add(1, [code], 'store of handler', handler.name, handler.store);
      add(3, [chunk, code], 'store of route', route.name, handler.store);
      add(2, [chunk, code], 'result of route', route.name, handler.returns);
      add(2, [chunk, own], 'service of handler', handler.name, service.name);
    }
  }
  for (const [owner, list] of ownedBy) {
    if (list.length > mostAnswers) continue;
    const needs = services.map((one) => owners.get(one));
    if (needs.some((chunk) => !chunk)) continue;
    facts.push({
      weight: 2,
      needs: list.flatMap((one) => owners.get(one) ?? []),
      ask: (order) => {
        const sorted = list.toSorted((a, b) => order(owners.get(a)!, owners.get(b)!));
        return asked('services of owner', owner, sorted.map(({ name }) => name).join(', '), draw);
      },
    });
  }
  return facts;
}

function absentName(services: readonly Service[], taken: ReadonlySet<string>, draw: Draw): Asked {
  const service = draw.pick(services);
  const route = draw.pick(service.routes);
  const [kind, name] = draw.pick<[ServiceKind, string]>([
    ['routes of service', service.name],
    ['owner of service', service.name],
    ['handler of service', service.name],
    ['handler of route', route.name],
    ['owner of route', route.name],
    ['store of route', route.name],
    ['store of handler', route.handler.name],
  ]);
  let near = nearDuplicate(name, draw);
  while (taken.has(near)) near = nearDuplicate(near, draw);
  return { ...asked(kind, near, notHere, draw), kind: 'absent' };
}
