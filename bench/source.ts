const words = (
  'account address block buffer cache change client config cursor entry error event field filter frame group handle ' +
  'header index item label layout limit match message node offset option order owner packet parent parser path point ' +
  'query queue record region request result route schema score scope segment server session source state stream table ' +
  'target task token tree update user value vector view window worker'
).split(' ');

export type Random = () => number;

export const word = (random: Random): string => words[Math.floor(random() * words.length)]!;
export const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

/** One made-up TypeScript function, line by line. */
export function makeFunction(random: Random, number: number): { name: string; lines: string[] } {
  const w = (): string => word(random);
  const [a, b] = [w(), w()];
  const name = `${w()}${capital(w())}${number}`;
  const lines = [
    `export function ${name}(${a}: ${capital(w())}, ${b}: number): ${capital(w())} {\n`,
    `  const ${w()} = ${w()}.${w()}(${a}, ${Math.floor(random() * 1000)});\n`,
    `  if (${a}.${w()} > ${b}) throw new Error('${w()} ${w()}');\n`,
    `  return ${w()}(${b} + ${Math.floor(random() * 100)});\n`,
    '}\n\n',
  ];
  return { name, lines };
}

/** A question of about 20 tokens; another one for every number. */
export function makeQuestion(number: number): string {
  const at = (i: number): string => words[(number * 7 + i) % words.length]!;
  return `Where is ${at(0)}${capital(at(3))} defined, and which ${at(5)} does it take?`;
}

/** The `number`th word, over and over. */
export const wordAt = (number: number): string => words[number % words.length]!;
