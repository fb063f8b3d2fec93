import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { CribsheetError } from '../common/errors.ts';
import type { FlagSpec } from './flags.ts';
import { suggestion } from './suggest.ts';

/** The flags and positionals of a command, checked against its flags. */
export class Arguments {
  readonly positionals: readonly string[];
  private readonly values: ReadonlyMap<string, readonly string[]>;

  private constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.values = values;
  }

  /** @throws CribsheetError `usage`: an unknown flag, a missing or wrong value */
  static parse(argv: readonly string[], flags: readonly FlagSpec[]): Arguments {
    const options: ParseArgsOptionsConfig = {};
    for (const { name, short, value } of flags) {
      options[name] = { type: value === undefined ? 'boolean' : 'string', ...(short ? { short } : {}) };
    }
    // Not strict: the parser's own messages name no near flag. The tokens tell all that is needed.
    const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true });
    const values = new Map<string, string[]>();
    const positionals: string[] = [];
    for (const token of tokens) {
      if (token.kind === 'positional') positionals.push(token.value);
      if (token.kind !== 'option') continue;
      const flag = flags.find((f) => f.name === token.name);
      if (!flag) throw unknownFlag(token.rawName, flags);
      const given = values.get(flag.name) ?? [];
      if (given.length > 0 && flag.value !== undefined && !flag.many)
        throw wrong(`--${flag.name} is given twice.`, 'Give it once.');
      values.set(flag.name, [...given, checkedValue(flag, token.value, token.inlineValue)]);
    }
    return new Arguments(positionals, values);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  text(name: string): string | undefined {
    return this.values.get(name)?.at(-1);
  }

  list(name: string): string[] {
    return [...(this.values.get(name) ?? [])];
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }

  /** The value as one of `choices`, which the flag has checked. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    return choices.find((choice) => choice === text);
  }
}

/** @throws CribsheetError `usage` where `value` is none of `choices` */
export function checkChoice<T extends string>(what: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw wrong(`${what} cannot be "${value}".`, suggestion(value, choices));
  return found;
}

export function wrong(message: string, action: string): CribsheetError {
  return new CribsheetError('usage', message, action);
}

function checkedValue(flag: FlagSpec, value: string | undefined, inline: boolean | undefined): string {
  const { name, choices, number } = flag;
  if (flag.value === undefined) {
    if (value !== undefined) throw wrong(`--${name} takes no value.`, `Write only --${name}.`);
    return '';
  }
  if (value === undefined || value === '' || (value.startsWith('-') && !inline)) {
    throw wrong(
      `--${name} needs a value (${flag.value}).`,
      `Write --${name} ${flag.value}, or --${name}=… where it begins with a dash.`,
    );
  }
  if (choices) checkChoice(`--${name}`, value, choices);
  if (number && !isNumber(value, number)) {
    throw wrong(
      `--${name} cannot be "${value}".`,
      `It is a ${number.whole ? 'whole ' : ''}number of at least ${number.min}.`,
    );
  }
  return value;
}

function isNumber(text: string, { min, whole = false }: NonNullable<FlagSpec['number']>): boolean {
  const n = Number(text);
  return /^[\d.]+$/u.test(text) && n >= min && (!whole || Number.isSafeInteger(n));
}

function unknownFlag(typed: string, flags: readonly FlagSpec[]): CribsheetError {
  const names = flags.map((f) => `--${f.name}`);
  return wrong(`There is no flag ${typed}.`, suggestion(typed, names));
}
