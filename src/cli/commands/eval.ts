import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { version } from '../../common/version.ts';
import { Grammars } from '../../engine/corpus/grammars.ts';
import type { Arm } from '../../eval/arms/arm.ts';
import { armNamed, arms } from '../../eval/arms/arms.ts';
import { variants } from '../../eval/arms/variants.ts';
import { dataSets } from '../../eval/data/sets.ts';
import { askDevelopment, evaluate, type Evaluated, type EvaluateOptions } from '../../eval/evaluate.ts';
import { answersOf, profiles, questionsOf, type Plan } from '../../eval/run/plan.ts';
import { planOfSweep, sweeps } from '../../eval/run/sweeps.ts';
import { checkChoice, wrong, type Arguments } from '../arguments.ts';
import type { Context, Run } from '../command.ts';
import { count, duration } from '../format.ts';
import { product } from '../product.ts';
import { shellWord } from '../sheetView.ts';
import { bold, dim, green } from '../styled.ts';

/** Cribsheet's own source, as seen from the bundle. */
const ownSource = fileURLToPath(new URL('../src', import.meta.url));
const DEFAULT_OUT = 'cribsheet-eval';
const DEFAULT_SEED = '1';

/** Runs a grid of arms, ratios and data sets, and writes the report. */
export const run: Run = async (context) => {
  const { args, json, out, signal } = context;
  const plan = planOf(args);
  if (args.has('list')) {
    await list(context, plan);
    return undefined;
  }
  const engine = context.engine();
  const grammars = await Grammars.open(product.grammars);
  const bar = context.progress('Evaluating');
  const started = performance.now();
  const options: EvaluateOptions = {
    plan,
    seed: args.text('seed') ?? DEFAULT_SEED,
    folders: args.positionals.length > 0 ? args.positionals : [ownSource],
    out: args.text('out') ?? DEFAULT_OUT,
    fresh: args.has('fresh'),
    perplexity: !args.has('no-perplexity'),
    decoder: await engine.decoder(),
    grammars,
    task: (id) => engine.task(id),
    ...(await programOf(process.argv[1]!)),
    command: commandLine(args),
    signal,
    onProgress: ({ done, total, asked, what }) => {
      const rate = asked / (performance.now() - started);
      const left = asked > 0 ? `, ${duration((total - done) / rate)} left` : '';
      bar.show(done, total, `${count(done)} of ${count(total)} answers, ${what}${left}`);
    },
  };
  if (args.has('development')) {
    const { answers, resumed } = await askDevelopment(options).finally(() => bar.end());
    if (json) await out.json({ answers, resumed });
    else
      await out.line(
        green('Done. '),
        `Answers: ${answers}; fit a router: cribsheet models fit-router ${shellWord(answers)}`,
      );
    return undefined;
  }
  const done = await evaluate(options).finally(() => bar.end());
  if (json) await out.json(done.report);
  else await show(context, done);
  return undefined;
};

/** @throws CribsheetError `usage` */
function planOf(args: Arguments): Plan {
  if (args.has('small') && args.has('full')) throw wrong('--small and --full exclude each other.', 'Give one of them.');
  const base = profiles[args.has('small') ? 'small' : args.has('full') ? 'full' : 'core'];
  const size = args.number('size') ?? base.size;
  const asked = args.text('sweep');
  const names = sweeps.map((s) => s.name);
  const sweep = asked === undefined ? undefined : sweeps.find((s) => s.name === checkChoice('--sweep', asked, names));
  const profile = sweep ? { ...base, ...planOfSweep(sweep, size) } : base;
  const named = <T extends { name: string }>(
    flag: string,
    all: readonly T[],
    byDefault: readonly T[],
    find = (name: string): T | undefined => all.find((a) => a.name === name),
  ): readonly T[] => {
    const known = all.map((a) => a.name);
    return namesOf(args, flag)?.map((name) => find(name) ?? find(checkChoice(`--${flag}`, name, known))!) ?? byDefault;
  };
  return {
    ...profile,
    arms: named('arms', [...arms, ...variants], profile.arms, findArm),
    data: named('data', dataSets, profile.data),
    ratios: ratiosOf(args) ?? profile.ratios,
    draws: args.number('draws') ?? profile.draws,
    questions: args.number('questions') ?? profile.questions,
    ...(size === undefined ? {} : { size }),
  };
}

function findArm(name: string): Arm | undefined {
  return variants.find((v) => v.name === name) ?? armNamed(name);
}

function ratiosOf(args: Arguments): number[] | undefined {
  const ratios = namesOf(args, 'ratios')?.map(Number);
  if (ratios?.some((r) => !(r >= 1)))
    throw wrong('--ratios must be numbers of at least 1.', 'Write for example --ratios 8,16,32,64.');
  return ratios;
}

function namesOf(args: Arguments, flag: string): string[] | undefined {
  const text = args.text(flag);
  if (text === undefined) return undefined;
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw wrong(`--${flag} names nothing.`, 'cribsheet eval --list shows what there is.');
  return [...new Set(names)];
}

/** Everything that decides the figures, written out. */
function commandLine(args: Arguments): string {
  const valued = ['sweep', 'arms', 'ratios', 'data', 'draws', 'questions', 'size', 'model', 'device', 'out'];
  const parts = [
    'cribsheet eval',
    ...args.positionals.map(shellWord),
    ...['small', 'full', 'development', 'no-perplexity'].filter((flag) => args.has(flag)).map((flag) => `--${flag}`),
    ...valued.flatMap((flag) => {
      const value = args.text(flag);
      return value === undefined ? [] : [`--${flag} ${shellWord(value)}`];
    }),
    `--seed ${shellWord(args.text('seed') ?? DEFAULT_SEED)}`,
  ];
  return parts.join(' ');
}

/** Which program this is: answers of different ones never mix. */
async function programOf(script: string): Promise<{ program: string; commit?: string }> {
  const hash = createHash('sha256')
    .update(await readFile(script))
    .digest('hex')
    .slice(0, 12);
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const described = await promisify(execFile)('git', [
    '-C',
    folder,
    'describe',
    '--always',
    '--dirty',
    '--abbrev=12',
  ]).catch(() => undefined);
  const commit = described?.stdout.trim();
  return { program: `${version} ${hash}`, ...(commit ? { commit } : {}) };
}

async function list({ json, out }: Context, plan: Plan): Promise<void> {
  if (json) {
    const short = <T extends { name: string; about: string }>(all: readonly T[]): object[] =>
      all.map(({ name, about }) => ({ name, about }));
    const all = { arms: short([...arms, ...variants]), data: short(dataSets), sweeps: short(sweeps) };
    await out.json({ ...all, answers: answersOf(plan) });
    return;
  }
  const width = Math.max(...[...arms, ...variants, ...dataSets, ...plan.data].map((x) => x.name.length)) + 2;
  await out.line(bold('Arms'), ' (* in this run)');
  for (const arm of [...arms, ...variants])
    await out.line(`  ${plan.arms.includes(arm) ? '*' : ' '} ${arm.name.padEnd(width)}${arm.about}`);
  await out.line(bold('Data sets'), ' (questions of each draw in this run)');
  for (const set of [...dataSets, ...plan.data.filter((d) => !dataSets.includes(d))]) {
    const questions = plan.data.includes(set) ? String(questionsOf(plan, set)) : '';
    await out.line(`  ${questions.padStart(4)} ${set.name.padEnd(width)}${set.about}`);
  }
  await out.line(bold('Sweeps'), ' (--sweep NAME)');
  for (const { name, about } of sweeps) await out.line(`    ${name.padEnd(width)}${about}`);
  await out.line(
    `${plan.draws} draws at ratios ${plan.ratios.join(', ')}: about ${count(answersOf(plan))} answers with this grid.`,
  );
}

async function show({ out, say }: Context, { report, files, resumed }: Evaluated): Promise<void> {
  for (const { data, group, arm, ratio, questions, unable, score } of report.headline) {
    const at = ratio === null ? '' : `${ratio}x`;
    const said =
      questions === unable
        ? 'does not fit'
        : `${(100 * score.mean).toFixed(1)} % (${(100 * score.low).toFixed(1)} to ${(100 * score.high).toFixed(1)}), n = ${questions - unable}`;
    await out.line(`${`${data}, ${group}`.padEnd(24)} ${arm.padEnd(12)} ${at.padStart(4)}  ${said}`);
  }
  await out.line(
    green('Done. '),
    `${count(report.answers)} answers (${count(resumed)} lines were there); report: ${files.page}`,
  );
  await say(dim(`Every answer: ${files.answers}`));
}
