import type { LineRange } from '../../common/answers.ts';
import type { Task } from '../../common/task.ts';
import type { DataSet, EvalCorpus, EvalQuestion, MakeRequest } from '../types.ts';
import { Draw, inTurn } from './draw.ts';
import { FileLines, fill } from './lines.ts';
import { people } from './people.ts';
import { evenShares } from './shares.ts';
import { twinTask } from './tasks.ts';
import { MOST_MODULES, moduleNames, type Language, type ModuleNames } from './timber.ts';
import { moduleText } from './twinText.ts';

const CORPUS_TOKENS = 6_000;

/** {n}: the module or function asked about. */
export const twinForms = {
  owner: ['Who maintains the module {n}?', 'Name the maintainer of {n}.', 'Which person maintains {n}?'],
  imports: [
    'Which functions does the module {n} import?',
    'What names does {n} import?',
    'Name the functions that {n} imports.',
  ],
  result: ['What is returned by {n}?', 'Which return type does {n} have?', 'What type has the result of {n}?'],
  class: ['Which class does the module {n} define?', 'What class is in {n}?', 'Name the class of {n}.'],
  'owners of imports': [
    'Who maintains the modules that {n} imports?',
    'Name the maintainers of the modules that {n} imports from.',
    'Which people maintain what {n} imports?',
  ],
  'results of calls': [
    'What are the return types of the functions that {n} calls?',
    'Which types do the functions return that {n} calls?',
    'Name the return types of all functions called by {n}.',
  ],
  'files of calls': [
    'Which files define the functions that {n} calls?',
    'In what files are the functions that {n} calls?',
    'Name the files of all functions called by {n}.',
  ],
} as const;

const levels: Record<MakeRequest['breadth'], readonly (readonly [level: number, language: Language])[]> = {
  few: [[2, 'typescript']],
  core: [
    [1, 'typescript'],
    [2, 'python'],
    [4, 'typescript'],
    [8, 'python'],
  ],
  all: [1, 2, 3, 4, 5, 6, 7, 8].map((level, i) => [level, i % 2 === 0 ? 'typescript' : 'python'] as const),
};

interface Module extends ModuleNames {
  owner: string;
  uses: readonly ModuleNames[];
}

/** Where the parts of each module stand. */
interface Places {
  imports: LineRange;
  class: LineRange;
  function: LineRange;
  owner: LineRange;
}

/**
 * The code twin of the memberships: modules that import and call each other, each with a class, a function and a
 * maintainer. Direct questions need one place, join questions the imports or calls of one module and what they lead to;
 * every module has as many of them as the level says.
 */
export const twin: DataSet = {
  name: 'twin',
  about: 'the same shape as code: modules, classes, functions, owners, calls and imports, in TypeScript and Python',
  make: (request) => makeTwin(request, 'twin', twinTask),
};

/** The same corpora and questions, compressed for a task that knows nothing of them. */
export const taskShift: DataSet = {
  name: 'task-shift',
  about: 'the corpora and questions of "twin", compressed for the task code-review instead',
  make: (request) => makeTwin(request, 'twin', 'code-review'),
};

function makeTwin(request: MakeRequest, stem: string, task: Task | string): EvalCorpus[] {
  const of = levels[request.breadth];
  const shares = evenShares(request.questions, of.length);
  return of.map(([level, language], i) => {
    const draw = new Draw(`${request.seed}/${stem}/${level}/${request.draw}`);
    const { files, modules, places } = writeTwin(request, level, language, draw);
    const id = `k${level}-${language}`;
    return { id, files, task, questions: ask(modules, places, level, shares[i]!, draw) };
  });
}

function writeTwin(request: MakeRequest, level: number, language: Language, draw: Draw) {
  const tokens = request.tokens ?? CORPUS_TOKENS;
  const perModule = request.count(sample(level, language));
  const count = Math.min(MOST_MODULES, Math.max(level + 2, Math.round(tokens / perModule)));
  const names = moduleNames(count, language, draw);
  const owners = people(Math.max(3, Math.ceil(count * 0.6)), false, draw);
  const modules = names.map((n): Module => ({
    ...n,
    owner: draw.pick(owners),
    uses: draw.some(
      names.filter((other) => other !== n),
      level,
    ),
  }));
  const files = new Map<string, string>();
  const places = new Map<ModuleNames, Places>();
  const registries = new Map<string, FileLines>();
  for (const [i, module] of modules.entries()) {
    const file = new FileLines(module.path);
    const text = moduleText({ names: module, uses: module.uses }, language, draw);
    const [imports, klass, body] = [file.add(text.imports), file.add(text.class), file.add(text.function)];
    files.set(file.path, file.text);
    const folder = module.path.slice(0, module.path.lastIndexOf('/'));
    const registry =
      registries.get(folder) ?? new FileLines(`${folder}/maintainers.${language === 'python' ? 'py' : 'ts'}`);
    registries.set(folder, registry);
    const owner = registry.add(ownerLine(module, language));
    places.set(names[i]!, { imports, class: klass, function: body, owner });
  }
  for (const registry of registries.values()) files.set(registry.path, registry.text);
  return { files, modules, places: new Map(modules.map((m, i) => [m as ModuleNames, places.get(names[i]!)!])) };
}

function ownerLine({ name, owner }: Module, language: Language): string {
  return language === 'python' ? `maintain("${name}", by="${owner}")` : `maintain('${name}', { by: '${owner}' });`;
}

/** A module as long as any, to know how many make a corpus. */
function sample(level: number, language: Language): string {
  const draw = new Draw(`sample/${level}/${language}`);
  const [names, ...uses] = moduleNames(level + 1, language, draw);
  const text = moduleText({ names: names!, uses }, language, draw);
  return `${text.imports}\n${text.class}\n${text.function}\n${'maintain("a name of this length", "and an owner") '}`;
}

function ask(
  modules: readonly Module[],
  places: ReadonlyMap<ModuleNames, Places>,
  level: number,
  count: number,
  draw: Draw,
): EvalQuestion[] {
  type Kind = keyof typeof twinForms;
  const byFunction = new Map(modules.map((m) => [m.function, m]));
  const pools: Record<Kind, Omit<EvalQuestion, 'id'>[]> = {
    owner: [],
    'owners of imports': [],
    imports: [],
    'results of calls': [],
    result: [],
    'files of calls': [],
    class: [],
  };
  const by = { connectivity: level };
  for (const module of modules) {
    const own = places.get(module)!;
    const used = module.uses.map((u) => byFunction.get(u.function)!);
    const add = (
      kind: Kind,
      n: string,
      values: readonly string[],
      evidence: LineRange[],
      scoring: EvalQuestion['scoring'] = 'list',
    ): void => {
      const group = kind.includes(' of ') ? 'join' : 'direct';
      const question = fill(draw.pick(twinForms[kind]), { n });
      pools[kind].push({ kind, group, question, gold: [...new Set(values)], scoring, evidence, by });
    };
    const functions = used.map((u) => places.get(u)!.function);
    add('owner', module.name, [module.owner], [own.owner]);
    add(
      'imports',
      module.name,
      used.map((u) => u.function),
      [own.imports],
    );
    add('result', module.function, [module.returns], [own.function], 'type');
    add('class', module.name, [module.className], [own.class]);
    add(
      'owners of imports',
      module.name,
      used.map((u) => u.owner),
      [own.imports, ...used.map((u) => places.get(u)!.owner)],
    );
    add(
      'results of calls',
      module.function,
      used.map((u) => u.returns),
      [own.function, ...functions],
    );
    add(
      'files of calls',
      module.function,
      used.map((u) => u.path),
      [own.function, ...functions],
      'paths',
    );
  }
  const chosen = inTurn(
    Object.values(pools).map((pool) => draw.shuffled(pool)),
    count,
  );
  return chosen.map((q, i) => ({ ...q, id: `${q.kind.replaceAll(' ', '-')}-${i + 1}` }));
}
