import type { CommandSpec } from './command.ts';
import { commonFlags, type FlagSpec } from './flags.ts';
import { bold, type Piece } from './styled.ts';

/** Help of the whole program. */
export function programHelp(commands: readonly CommandSpec[], version: string): Piece[] {
  return [
    `Cribsheet ${version}: questions to a code base, answered on your own machine.\n\n`,
    bold('Usage'),
    '\n  cribsheet COMMAND …\n\n',
    bold('Commands'),
    `\n${table(commands.map((c) => [c.name, c.summary]))}\n`,
    bold('Flags of every command'),
    `\n${table(commonFlags.map(flagRow))}\n`,
    bold('Start here'),
    '\n  cribsheet compress . --task api-lookup\n  cribsheet ask . "Where is main defined?"\n\n',
    '"cribsheet COMMAND --help" tells more. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\n',
  ];
}

/** Help of one command. */
export function commandHelp(command: CommandSpec): Piece[] {
  const { usage, summary, flags, examples } = command;
  return [
    `${summary}\n\n`,
    bold('Usage'),
    `\n${usage.map((line) => `  cribsheet ${line}\n`).join('')}\n`,
    ...(flags.length > 0 ? [bold('Flags'), `\n${table(flags.map(flagRow))}\n`] : []),
    bold('Flags of every command'),
    `\n${table(commonFlags.map(flagRow))}\n`,
    bold('Examples'),
    `\n${examples.map(({ line, about }) => `  # ${about}\n  cribsheet ${line}\n`).join('')}`,
  ];
}

function flagRow({ name, short, value, many, about }: FlagSpec): [string, string] {
  const form = `--${name}${value === undefined ? '' : ` ${value}`}${many ? ' …' : ''}`;
  return [short === undefined ? form : `-${short}, ${form}`, about];
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}
