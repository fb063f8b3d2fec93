import type { Draw } from './draw.ts';
import type { ModuleNames } from './timber.ts';

/** The answer where nothing is wrong, as in the task code-review. */
export const cleanAnswer = 'No findings';

export interface PlantedLines {
  lines: string[];
  /** Other parameters for the function. */
  parameters?: string;
}

type Writer = (which: 'defect' | 'clean', names: ModuleNames, draw: Draw) => PlantedLines;

interface Plant {
  /** As in the task code-review and its training: the words of the answer. */
  label: string;
  typescript?: Writer;
  python?: Writer;
}

const lines = (...text: string[]): PlantedLines => ({ lines: text });
const tool = (draw: Draw): string => draw.pick(['hammer', 'spirit', 'trowel', 'winch', 'pulley', 'lathe']);

/** Each defect with a neighbour that looks like it and is none. Written for the evaluation alone. */
export const plants: readonly Plant[] = [
  {
    label: 'empty catch swallows the error',
    typescript: (which, _, draw) => {
      const name = tool(draw);
      return which === 'defect'
        ? lines('try {', `  ${name}.lower();`, '} catch (trouble) {', '}')
        : lines(
            'try {',
            `  ${name}.lower();`,
            '} catch (trouble) {',
            `  throw new Error('${name} is stuck', { cause: trouble });`,
            '}',
          );
    },
    python: (which, _, draw) => {
      const name = tool(draw);
      return which === 'defect'
        ? lines('try:', `    ${name}.lower()`, 'except Exception as trouble:', '    pass')
        : lines(
            'try:',
            `    ${name}.lower()`,
            'except Exception as trouble:',
            `    raise RuntimeError("${name} is stuck") from trouble`,
          );
    },
  },
  {
    label: 'unfinished work left as a TODO',
    typescript: (which) =>
      lines(which === 'defect' ? '// TODO: the upper storeys' : '// The upper storeys come first, the cellar last.'),
    python: (which) =>
      lines(which === 'defect' ? '# TODO: the upper storeys' : '# The upper storeys come first, the cellar last.'),
  },
  {
    label: 'debug output left in the code',
    typescript: (which, n) =>
      lines(which === 'defect' ? `console.debug('reached', ${n.parameter});` : `record('reached', ${n.parameter});`),
    python: (which, n) =>
      lines(which === 'defect' ? `print("reached", ${n.parameter})` : `record("reached", ${n.parameter})`),
  },
  {
    label: 'secret written in the source',
    typescript: (which, _, draw) =>
      lines(
        which === 'defect'
          ? `const gatePassword = '${draw.pick(['q', 'w', 'k'])}${draw.digits(9)}xR';`
          : "const gatePassword = readSetting('gate');",
      ),
    python: (which, _, draw) =>
      lines(
        which === 'defect'
          ? `gate_password = "${draw.pick(['q', 'w', 'k'])}${draw.digits(9)}xR"`
          : 'gate_password = read_setting("gate")',
      ),
  },
  {
    label: 'runs a string as code',
    typescript: (which, _, draw) =>
      which === 'defect'
        ? lines(`const plan = eval(${tool(draw)}.formula);`)
        : lines(`const plan = evaluateFormula(${tool(draw)}.formula);`),
    python: (which, _, draw) =>
      which === 'defect'
        ? lines(`plan = eval(${tool(draw)}.formula)`)
        : lines(`plan = evaluate_formula(${tool(draw)}.formula)`),
  },
  {
    label: 'promise is not awaited',
    typescript: (which, _, draw) =>
      which === 'defect'
        ? lines(`${tool(draw)}.raiseAsync();`)
        : lines(`void ${tool(draw)}.raiseAsync().catch(reportTrouble);`),
  },
  {
    label: 'opened file is never closed',
    python: (which) =>
      which === 'defect'
        ? lines('plan = open("plan.txt")', 'first = plan.readline()')
        : lines('with open("plan.txt") as plan:', '    first = plan.readline()'),
  },
  {
    label: 'mutable default argument',
    python: (which, n) => ({
      lines: ['marks.append(1)'],
      parameters:
        which === 'defect'
          ? `${n.parameter}: ${n.parameterType}, marks=[]`
          : `${n.parameter}: ${n.parameterType}, marks=None`,
    }),
  },
  {
    label: 'loop runs one past the end',
    typescript: (which, n) =>
      lines(
        `for (let i = 0; i ${which === 'defect' ? '<=' : '<'} ${n.parameter}.length; i++) mark(${n.parameter}[i]);`,
      ),
    python: (which, n) =>
      lines(`for i in range(len(${n.parameter})${which === 'defect' ? ' + 1' : ''}):`, `    mark(${n.parameter}[i])`),
  },
];
