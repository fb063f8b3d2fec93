import { cancelledError, CribsheetError, errorRecord, type ErrorRecord } from '../common/errors.ts';
import { version } from '../common/version.ts';
import { Engine } from '../engine/engine.ts';
import { devices } from '../common/names.ts';
import { Arguments, wrong } from './arguments.ts';
import { cleanLine } from './cleanText.ts';
import type { CommandSpec, Context } from './command.ts';
import { commands } from './commandTable.ts';
import { commonFlags } from './flags.ts';
import { commandHelp, programHelp } from './help.ts';
import { listenForInterrupt } from './interrupt.ts';
import { Output } from './output.ts';
import { product } from './product.ts';
import { Progress } from './progress.ts';
import { dim, red } from './styled.ts';
import { suggestion } from './suggest.ts';

const exitCodes = { done: 0, failed: 1, usage: 2 } as const;
/** onnxruntime 1.30 matches the process's command line with a recursive expression and crashes at some 25,000 bytes. */
const MAX_ARGUMENT_BYTES = 16_000;

/** Runs the command line and ends the process with its exit code. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const out = new Output(process.stdout);
  const err = new Output(process.stderr);
  leaveQuietlyOnClosedPipe();
  const code = await dispatch(argv, out, err);
  // Pipes may still hold output, and native threads would keep the process alive: flush, then leave.
  await Promise.all([out, err].map((output) => output.flush()));
  process.exit(code);
}

async function dispatch(argv: readonly string[], out: Output, err: Output): Promise<number> {
  const [name, ...rest] = argv;
  const asked = name === 'help' ? rest[0] : name;
  if (asked === undefined || asked === '--help' || asked === '-h') {
    await (argv.length === 0 ? err : out).write(...programHelp(commands, version));
    return argv.length === 0 ? exitCodes.usage : exitCodes.done;
  }
  if (name === '--version') {
    await out.line(version);
    return exitCodes.done;
  }
  const command = commands.find((c) => c.name === asked);
  if (command && name === 'help') {
    await out.write(...commandHelp(command));
    return exitCodes.done;
  }
  if (command) return runCommand(command, rest, out, err);
  const names = commands.map((c) => c.name);
  const error = asked.startsWith('-')
    ? wrong(`The command comes first, "${asked}" is none.`, `Write for example: cribsheet ask . "…" ${asked}`)
    : wrong(`There is no command "${asked}".`, suggestion(asked, names));
  return fail(error, { out, err, json: argv.includes('--json'), help: 'cribsheet --help' });
}

async function runCommand(command: CommandSpec, argv: readonly string[], out: Output, err: Output): Promise<number> {
  const help = `cribsheet ${command.name} --help`;
  const engines: Engine[] = [];
  let json = argv.includes('--json');
  const interrupt = listenForInterrupt(() => fail(cancelledError(), { out, err, json, help }));
  try {
    const args = Arguments.parse(argv, [...command.flags, ...commonFlags]);
    if (args.has('help')) {
      await out.write(...commandHelp(command));
      return exitCodes.done;
    }
    json = args.has('json') && !command.printsLines(args);
    checkPositionals(command, args);
    checkSize(argv);
    const { run } = await command.load();
    return (await run(contextFor(args, { out, err, signal: interrupt.signal, engines }))) ?? exitCodes.done;
  } catch (error) {
    const code = await fail(error, { out, err, json, help });
    return CribsheetError.is(error, 'cancelled') ? interrupt.exitCode() : code;
  } finally {
    for (const engine of engines) await engine.close();
  }
}

function contextFor(
  args: Arguments,
  parts: { out: Output; err: Output; signal: AbortSignal; engines: Engine[] },
): Context {
  const { out, err, signal, engines } = parts;
  const quiet = args.has('quiet');
  const say: Context['say'] = async (...pieces) => {
    if (!quiet) await err.line(...pieces);
  };
  return {
    args,
    out,
    json: args.has('json'),
    signal,
    say,
    report: (error) => printError(err, error),
    progress: (label) => new Progress(err, label, { silent: quiet }),
    engine: (options = {}) => {
      const engine = new Engine({
        product,
        store: args.text('store'),
        model: args.text('model'),
        noModel: args.has('no-model'),
        device: args.choice('device', devices),
        threads: args.number('threads'),
        onMessage: (message) => void say(dim(message)),
        ...options,
      });
      engines.push(engine);
      return engine;
    },
  };
}

function checkPositionals({ name, usage, positionals }: CommandSpec, args: Arguments): void {
  const { length } = args.positionals;
  const forms = usage.map((line) => `cribsheet ${line}`).join(' or ');
  if (length < positionals.min)
    throw wrong(`"cribsheet ${name}" needs more: ${missingPart(length)}.`, `Write ${forms}`);
  if (positionals.max !== undefined && length > positionals.max) {
    throw wrong(
      `"cribsheet ${name}" does not know what to do with "${args.positionals[positionals.max]!}".`,
      `Write ${forms}`,
    );
  }
}

function checkSize(argv: readonly string[]): void {
  const size = Buffer.byteLength(argv.join(' '));
  if (size <= MAX_ARGUMENT_BYTES) return;
  throw new CribsheetError(
    'question-too-long',
    `The command line has ${size} bytes, and ${MAX_ARGUMENT_BYTES} are the most.`,
    'Shorten the question, or put it into a file: --questions FILE.jsonl.',
  );
}

const missingPart = (given: number): string => (given === 0 ? 'a folder is missing' : 'a question is missing');

/** Says what went wrong, on standard error and, where a program reads along, as JSON. @returns the exit code */
async function fail(
  error: unknown,
  { out, err, json, help }: { out: Output; err: Output; json: boolean; help: string },
): Promise<number> {
  const record = errorRecord(error);
  if (json) await out.json({ error: record });
  await printError(err, record);
  if (record.code === 'usage') await err.line(dim(`  ${help} shows how it is used.`));
  if (record.code === 'internal' && error instanceof Error) await err.line(dim(error.stack ?? ''));
  return record.code === 'usage' ? exitCodes.usage : exitCodes.failed;
}

/** An error as a person reads it: what happened, then what to do. */
async function printError(err: Output, { message, action }: ErrorRecord): Promise<void> {
  await err.line(red('Error: '), cleanLine(message));
  await err.line(`  ${cleanLine(action)}`);
}

/** `cribsheet … | head`: whoever reads has seen enough. */
function leaveQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}
