/**
 * Makes training samples: one request a line on standard input, one sample a line on standard output, in the same order.
 * A request that cannot be met gives a line with `error`. Usage: node training/data/serve.ts --chunks DIR --tokenizer DIR
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { SampleMaker } from './maker.ts';
import { Corpus } from './packages.ts';
import { readRequest } from './request.ts';
import { TokenCounter } from './tokens.ts';

const { values } = parseArgs({ options: { chunks: { type: 'string' }, tokenizer: { type: 'string' } } });
if (values.chunks === undefined || values.tokenizer === undefined) {
  process.stderr.write('Usage: node training/data/serve.ts --chunks DIR --tokenizer DIR\n');
  process.exit(2);
}
const { count, pieces } = new TokenCounter(values.tokenizer, '<chunk>');
const maker = new SampleMaker({ corpus: new Corpus(values.chunks), count, pieces });
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() !== '') process.stdout.write(`${answer(line)}\n`);
}

function answer(line: string): string {
  try {
    return JSON.stringify(maker.make(readRequest(line)));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\n  in answer to ${line}\n`);
    return JSON.stringify({ error: message, request: line });
  }
}
