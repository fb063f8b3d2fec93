import { modes, storages, strategies } from '../common/names.ts';
import type { CommandSpec } from './command.ts';
import type { FlagSpec } from './flags.ts';

const oneValue = (): boolean => false;
const lines = (): boolean => true;

const taskFlag: FlagSpec = {
  name: 'task',
  value: 'ID',
  about: 'task: an id or a .crib file (default: that of the newest sheet, else api-lookup)',
};
const scopeFlag: FlagSpec = {
  name: 'scope',
  value: 'GLOB',
  many: true,
  about: 'only these paths, as in a .gitignore; "!" takes away',
};

/** Every command, in the order of the help. To add one: a row here and a module in `commands/` that exports `run`. */
export const commands: readonly CommandSpec[] = [
  {
    name: 'compress',
    summary: 'Condense a folder into a crib sheet for a task. Only what changed since the last time is computed.',
    usage: [
      'compress DIR --task ID|FILE.crib [--ratio N | --tokens N] [--strategy S] [--storage F] [--weighted] [--scope GLOB]…',
    ],
    positionals: { min: 1, max: 1 },
    flags: [
      { name: 'task', value: 'ID|FILE', about: 'task: an id (see docs/tasks.md) or a .crib file; required' },
      { name: 'ratio', value: 'N', number: { min: 1 }, about: 'source tokens for each position that is kept' },
      {
        name: 'tokens',
        value: 'N',
        number: { min: 1, whole: true },
        about: 'size of the sheet in positions, instead of a ratio',
      },
      {
        name: 'strategy',
        value: 'NAME',
        choices: strategies,
        about: `what decides what is kept (docs/strategies.md): ${strategies.join(', ')}`,
      },
      {
        name: 'storage',
        value: 'NAME',
        choices: storages,
        about: `how keys and values are written: ${storages.join(', ')}`,
      },
      { name: 'weighted', about: 'more positions for segments that much code leans on, fewer for the others' },
      scopeFlag,
    ],
    examples: [
      { line: 'compress . --task api-lookup', about: 'a sheet for look-ups' },
      { line: 'compress . --task code-review --ratio 8', about: 'more source in the same space' },
      {
        line: "compress . --task api-lookup --scope 'src/**' --scope '!**/*.test.ts'",
        about: 'only a part of the folder',
      },
      { line: 'compress . --task .cribsheet/tasks/errors.crib --json', about: 'your own task; the result as JSON' },
    ],
    printsLines: oneValue,
    load: () => import('./commands/compress.ts'),
  },
  {
    name: 'ask',
    summary: 'Answer a question, or every question of a file, with citations.',
    usage: [
      'ask DIR QUESTION [--mode MODE] [--task ID|FILE.crib]',
      'ask DIR --questions FILE.jsonl [--mode MODE] [--task ID|FILE.crib]',
    ],
    positionals: { min: 1 },
    flags: [
      { name: 'questions', value: 'FILE', about: 'a file with one {"id","question"} a line' },
      { name: 'mode', value: 'MODE', choices: modes, about: `how to answer: ${modes.join(', ')} (default: auto)` },
      taskFlag,
    ],
    examples: [
      {
        line: 'ask . "Where is parseArgs defined?"',
        about: 'from the sheet where it covers the question, else by RAG',
      },
      { line: 'ask . "What does openStore return?" --mode rag', about: 'by retrieval, no sheet needed' },
      { line: 'ask . --questions questions.jsonl --json > answers.jsonl', about: 'many questions, one answer a line' },
    ],
    printsLines: (args) => args.has('questions'),
    load: () => import('./commands/ask.ts'),
  },
  {
    name: 'compare',
    summary: 'Ask the same question in several modes and show the answers side by side.',
    usage: ['compare DIR QUESTION [--modes cache,rag,…] [--task ID|FILE.crib]'],
    positionals: { min: 2 },
    flags: [
      { name: 'modes', value: 'LIST', about: `modes separated by commas: ${modes.join(', ')} (default: cache,rag)` },
      taskFlag,
    ],
    examples: [
      { line: 'compare . "Where is parseArgs defined?"', about: 'the sheet beside RAG' },
      {
        line: 'compare . "Where is parseArgs defined?" --modes cache,rag,full,none',
        about: 'the whole source and no source as well',
      },
    ],
    printsLines: oneValue,
    load: () => import('./commands/compare.ts'),
  },
  {
    name: 'sheets',
    summary: 'List, show and delete the sheets of a folder; free the space of blocks that no sheet uses.',
    usage: ['sheets [DIR] [list]', 'sheets [DIR] show ID', 'sheets [DIR] delete ID', 'sheets gc [--all]'],
    positionals: { min: 0, max: 3 },
    flags: [{ name: 'all', about: 'gc: also delete blocks that were used within the last day' }],
    examples: [
      { line: 'sheets', about: 'the sheets of the current folder' },
      { line: 'sheets ~/code/shop show api-lookup-1a2b3c4d', about: 'what is in a sheet, and what is not and why' },
      { line: 'sheets gc', about: 'delete blocks that no sheet uses any more' },
    ],
    printsLines: oneValue,
    load: () => import('./commands/sheets.ts'),
  },
  {
    name: 'models',
    summary:
      'List the installed models, check or measure one, fit how auto chooses with it, or take over a model folder.',
    usage: [
      'models [list]',
      'models check [NAME]',
      'models measure [NAME] [--fresh]',
      'models fit-router ANSWERS',
      'models import FOLDER [--name NAME]',
    ],
    positionals: { min: 0, max: 2 },
    flags: [
      { name: 'name', value: 'NAME', about: 'import: name of the model (default: that of its profile or folder)' },
      { name: 'fresh', about: 'measure: forget what was measured before and begin anew' },
    ],
    examples: [
      { line: 'models', about: 'what is installed and how much memory it takes' },
      { line: 'models check starter --device webgpu', about: 'does this model work on this device?' },
      { line: 'models measure starter', about: 'once: which layers and heads need most of a sheet' },
      { line: 'models fit-router cribsheet-eval', about: 'from the answers of eval --development' },
      { line: 'models import ~/Downloads/Qwen2.5-0.5B-Instruct-onnx', about: 'copy a model into the store' },
    ],
    printsLines: oneValue,
    load: () => import('./commands/models.ts'),
  },
  {
    name: 'chunks',
    summary: 'Cut a folder into chunks, one definition each, and print them.',
    usage: ['chunks DIR [--skipped] [--json]'],
    positionals: { min: 1, max: 1 },
    flags: [{ name: 'skipped', about: 'print instead the files that are left out, and why' }],
    examples: [
      { line: 'chunks .', about: 'one line a chunk' },
      { line: 'chunks . --json | head -n 3', about: 'with text, parameters and documentation' },
      { line: 'chunks . --skipped', about: 'why is this file not covered?' },
    ],
    printsLines: lines,
    load: () => import('./commands/chunks.ts'),
  },
  {
    name: 'segments',
    summary: 'Print the segments that a model prefills, as it prefills them.',
    usage: ['segments DIR [--scope GLOB]… [--model NAME] [--json]'],
    positionals: { min: 1, max: 1 },
    flags: [scopeFlag],
    examples: [
      { line: 'segments .', about: 'tokens and files of every segment' },
      { line: 'segments . --json > segments.jsonl', about: 'the rendered text, for training or study' },
    ],
    printsLines: lines,
    load: () => import('./commands/segments.ts'),
  },
  {
    name: 'doctor',
    summary: 'Check that everything works on this machine, and say what to do where it does not.',
    usage: ['doctor [DIR] [--skipped]'],
    positionals: { min: 0, max: 1 },
    flags: [{ name: 'skipped', about: 'list the files of DIR that are left out, and why' }],
    examples: [
      { line: 'doctor', about: 'Node, SQLite, onnxruntime, model, store, grammars, git' },
      { line: 'doctor . --skipped', about: 'and what of this folder is left out' },
    ],
    printsLines: oneValue,
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'demo',
    summary: 'Show on a real folder what a sheet answers, beside RAG and beside no context.',
    usage: ['demo [DIR] [--seed TEXT] [--questions N] [--ratio N]'],
    positionals: { min: 0, max: 1 },
    flags: [
      { name: 'seed', value: 'TEXT', about: 'what the questions are drawn by (default: 1)' },
      {
        name: 'questions',
        value: 'N',
        number: { min: 5, whole: true },
        about: 'about how many, of five kinds (default: 45)',
      },
      {
        name: 'ratio',
        value: 'N',
        number: { min: 1 },
        about: "source tokens for each position (default: the model's)",
      },
    ],
    examples: [
      { line: 'demo', about: "on Cribsheet's own source" },
      { line: 'demo ~/code/shop', about: 'on your own' },
      { line: 'demo --seed 2 --json', about: 'other questions; every answer and count as JSON' },
    ],
    printsLines: oneValue,
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'eval',
    summary:
      'Measure how well each way to read answers: strategies, RAG, controls, over seeded data and your own code.',
    usage: ['eval [DIR]… [--small | --full] [--sweep NAME] [--arms LIST] [--ratios LIST] [--data LIST] [--out DIR]'],
    positionals: { min: 0 },
    flags: [
      {
        name: 'out',
        value: 'DIR',
        about: 'answers and report; a run goes on where an earlier one stopped (default: cribsheet-eval)',
      },
      { name: 'small', about: 'every data set in a few minutes: shows that it works, figures mean nothing' },
      { name: 'full', about: 'every arm and data set: a night or more' },
      {
        name: 'sweep',
        value: 'NAME',
        about: 'arms and data that answer one open question (see --list); --arms and --data still count',
      },
      { name: 'arms', value: 'LIST', about: 'names separated by commas (see --list)' },
      {
        name: 'ratios',
        value: 'LIST',
        about: 'source tokens for each position, separated by commas (default: 8,16,32,64)',
      },
      { name: 'data', value: 'LIST', about: 'data sets separated by commas (see --list)' },
      {
        name: 'draws',
        value: 'N',
        number: { min: 1, whole: true },
        about: 'independent draws of corpora and questions (default: 3)',
      },
      {
        name: 'questions',
        value: 'N',
        number: { min: 1, whole: true },
        about: 'questions of each draw, over all data sets (default: 400)',
      },
      {
        name: 'size',
        value: 'N',
        number: { min: 500, whole: true },
        about: "tokens of a corpus, about (default: each data set's own)",
      },
      { name: 'seed', value: 'TEXT', about: 'what corpora and questions are drawn by (default: 1)' },
      { name: 'no-perplexity', about: 'leave out how likely the gold answers are: about half the time' },
      { name: 'development', about: 'ask the development split alone: what a router is fitted on, no report' },
      { name: 'fresh', about: 'forget the answers in --out and begin anew' },
      { name: 'list', about: 'show arms, data sets and the size of the run, and stop' },
    ],
    examples: [
      { line: 'eval --list', about: 'what there is to choose from' },
      { line: 'eval --small', about: 'the whole machinery in a few minutes' },
      { line: 'eval --arms rag,m0-fs --data twin,code --ratios 16 --out study', about: 'one comparison' },
      {
        line: 'eval --sweep hybrid --ratios 16 --out hybrid',
        about: 'is the sheet with raw chunks better than either?',
      },
      { line: 'eval ~/code/shop --data code --json', about: 'questions about your own code; the report as JSON' },
    ],
    printsLines: oneValue,
    load: () => import('./commands/eval.ts'),
  },
];
