import type { Draw } from './draw.ts';
import { FileWriter } from './fileWriter.ts';
import { spelled, wordsOf } from './names.ts';
import type { Route, Service, ServiceChunks } from './services.ts';
import type { WorkChunk } from './select.ts';

/** Writes services as classes, routes as constants, handlers as functions and owners as registrations, each sort in files of its own. */
export function writeServices(services: readonly Service[], python: boolean, draw: Draw): ServiceChunks {
  const root = draw.pick(['src', 'app', 'server', 'packages/core', 'lib', 'backend/api']);
  const language = python ? 'python' : 'typescript';
  const file = (folder: string, name: string): FileWriter =>
    new FileWriter(`${root}/${folder}/${name}.${python ? 'py' : 'ts'}`, language);
  const text = python ? pythonText : scriptText;
  const form = draw.int(0, 1);
  const result: ServiceChunks = {
    chunks: [],
    services: new Map(),
    routes: new Map(),
    handlers: new Map(),
    owners: new Map(),
  };
  const keep = <K>(map: Map<K, WorkChunk>, key: K, chunk: WorkChunk): void => {
    map.set(key, chunk);
    result.chunks.push(chunk);
  };
  const apart = draw.chance(0.6);
  const registry = file(draw.pick(['registry', 'config', 'owners']), draw.pick(['owners', 'ownership', 'people']));
  const routeFile = file('routes', draw.pick(['index', 'routes', 'table']));
  for (const service of services) {
    const base = spelled(wordsOf(service.name).slice(0, -1), python ? 'snake' : 'camel');
    const handlers = file('handlers', base);
    const routes = apart ? file('routes', base) : routeFile;
    keep(result.services, service, file('services', base).add(text.service(service, form)));
    for (const route of service.routes) {
      keep(result.routes, route, routes.add(text.route(route, form)));
      keep(result.handlers, route.handler, handlers.add(text.handler(route, form, draw)));
    }
    keep(result.owners, service, registry.add({ kind: 'code', name: 'owners', text: text.owner(service, form) }));
  }
  return result;
}

type Written = Parameters<FileWriter['add']>[0];

interface Texts {
  service: (service: Service, form: number) => Written;
  route: (route: Route, form: number) => Written;
  handler: (route: Route, form: number, draw: Draw) => Written;
  owner: (service: Service, form: number) => string;
}

const scriptText: Texts = {
  service: ({ name, routes }, form) => {
    const names = routes.map((route) => route.name).join(', ');
    const list =
      form === 0
        ? `  readonly routes = [${names}];`
        : routes.map((route) => `  ${route.name} = register(${route.name});`).join('\n');
    return { kind: 'class', name, text: `export class ${name} {\n${list}\n}` };
  },
  route: ({ name, url, handler }, form) => ({
    kind: 'constant',
    name,
    text:
      form === 0
        ? `export const ${name} = { path: '${url}', handler: ${handler.name} };`
        : `export const ${name}: Route = route('${url}', ${handler.name});`,
    ...(form === 0 ? {} : { calls: ['route'] }),
  }),
  handler: ({ handler }, form, draw) => {
    const store = spelled(wordsOf(handler.store), 'camel');
    const parameter = draw.pick(['request: Request', 'query: Query', 'id: string', 'context: Context']);
    const line =
      form === 0
        ? `  return ${handler.store}.read(${parameter.split(':')[0]!});`
        : `  const ${store} = new ${handler.store}();\n  return ${store}.load(${parameter.split(':')[0]!});`;
    return {
      kind: 'function',
      name: handler.name,
      parameters: parameter,
      returns: handler.returns,
      calls: form === 0 ? ['read'] : [handler.store, 'load'],
      text: `export function ${handler.name}(${parameter}): ${handler.returns} {\n${line}\n}`,
    };
  },
  owner: ({ name, owner }, form) =>
    form === 0 ? `assign(${name}, '${owner}');` : `owners.set('${name}', { person: '${owner}' });`,
};

const pythonText: Texts = {
  service: ({ name, routes }, form) => {
    const names = routes.map((route) => route.name).join(', ');
    const list =
      form === 0
        ? `    routes = [${names}]`
        : routes.map((route) => `    ${route.name} = register(${route.name})`).join('\n');
    return { kind: 'class', name, text: `class ${name}:\n${list}` };
  },
  route: ({ name, url, handler }, form) => ({
    kind: 'variable',
    name,
    text:
      form === 0
        ? `${name} = {"path": "${url}", "handler": ${handler.name}}`
        : `${name} = Route("${url}", ${handler.name})`,
    ...(form === 0 ? {} : { calls: ['Route'] }),
  }),
  handler: ({ handler }, form, draw) => {
    const store = spelled(wordsOf(handler.store), 'snake');
    const parameter = draw.pick(['request', 'query: Query', 'key: str', 'context']);
    const given = parameter.split(':')[0]!;
    const line =
      form === 0
        ? `    return ${handler.store}.read(${given})`
        : `    ${store} = ${handler.store}()\n    return ${store}.load(${given})`;
    return {
      kind: 'function',
      name: handler.name,
      parameters: parameter,
      returns: handler.returns,
      calls: form === 0 ? ['read'] : [handler.store, 'load'],
      text: `def ${handler.name}(${parameter}) -> ${handler.returns}:\n${line}`,
    };
  },
  owner: ({ name, owner }, form) =>
    form === 0 ? `assign(${name}, "${owner}")` : `OWNERS["${name}"] = {"person": "${owner}"}`,
};
