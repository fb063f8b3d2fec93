/** A process of its own for failures.test.ts: `node updateIndex.ts FILE NAME ROUNDS` updates an index again and again. */
import { TextIndex } from '../../src/engine/retrieve/textIndex.ts';
import { fileOf } from './chunks.ts';

const [file = '', name = '', rounds = ''] = process.argv.slice(2);
const index = TextIndex.open(file);
for (let round = 0; round < Number(rounds); round++) {
  const files = Array.from({ length: 20 }, (_, at) => {
    return fileOf(`src/${at}.ts`, [{ name: `${name}${round}of${at}`, text: `function ${name}${round}of${at}() {}` }]);
  });
  await index.update(files);
  process.stdout.write(`${round}\n`);
}
index.close();
