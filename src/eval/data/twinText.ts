import type { Draw } from './draw.ts';
import type { Language, ModuleNames } from './timber.ts';

/** What stands in a module beside its names. */
export interface ModuleParts {
  names: ModuleNames;
  /** Modules that it imports, and calls. */
  uses: readonly ModuleNames[];
  /** Lines that stand in its function before the calls, without indentation: needles, defects. */
  planted?: readonly string[];
  /** Replaces the parameters of its function. */
  parameters?: string;
}

/** Blocks of a module in order: imports, class, function. They join with empty lines between them. */
export interface ModuleText {
  imports: string;
  class: string;
  function: string;
}

export function moduleText(parts: ModuleParts, language: Language, draw: Draw): ModuleText {
  return language === 'python' ? pythonText(parts, draw) : scriptText(parts, draw);
}

const remarks = [
  'The measures are those of the drawing, not of the site.',
  'Rounded up, since a gap can be filled but not undone.',
  'Kept apart from the other trades on purpose.',
  'Called once for every storey.',
  'Order matters here: the upper parts come first.',
  'Values below one are left as they are.',
];

function scriptText({ names: n, uses, planted = [], parameters }: ModuleParts, draw: Draw): ModuleText {
  const [a, b] = [draw.int(2, 90), draw.int(2, 90)];
  const calls = uses.map((used, i) => `  const step${i + 1} = ${used.function}(${n.parameter});`);
  const sum = uses.map((_, i) => `step${i + 1}`).join(', ');
  return {
    imports: uses.map((used) => `import { ${used.function} } from '${used.importPath}';`).join('\n'),
    class: `/** ${draw.pick(remarks)} */
export class ${n.className} {
  private readonly ${n.measure}: number;

  constructor(${n.measure}: number) {
    this.${n.measure} = ${n.measure};
  }

  ${n.method}(count: number): number {
    return count * this.${n.measure} + ${a};
  }
}`,
    function: `/** ${draw.pick(remarks)} */
export function ${n.function}(${parameters ?? `${n.parameter}: ${n.parameterType}`}): ${n.returns} {
${[...planted.map((line) => `  ${line}`), ...calls].join('\n')}
  return new ${n.returns}([${sum}], ${b});
}`,
  };
}

function pythonText({ names: n, uses, planted = [], parameters }: ModuleParts, draw: Draw): ModuleText {
  const [a, b] = [draw.int(2, 90), draw.int(2, 90)];
  const calls = uses.map((used, i) => `    step_${i + 1} = ${used.function}(${n.parameter})`);
  const sum = uses.map((_, i) => `step_${i + 1}`).join(', ');
  return {
    imports: uses.map((used) => `from ${used.importPath} import ${used.function}`).join('\n'),
    class: `class ${n.className}:
    """${draw.pick(remarks)}"""

    def __init__(self, ${n.measure}: float) -> None:
        self.${n.measure} = ${n.measure}

    def ${n.method}(self, count: int) -> float:
        return count * self.${n.measure} + ${a}`,
    function: `def ${n.function}(${parameters ?? `${n.parameter}: ${n.parameterType}`}) -> ${n.returns}:
    """${draw.pick(remarks)}"""
${[...planted.map((line) => `    ${line}`), ...calls].join('\n')}
    return ${n.returns}([${sum}], ${b})`,
  };
}
