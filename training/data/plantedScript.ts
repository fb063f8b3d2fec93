import type { PlantedMaker } from './planted.ts';
import type { Finding } from './findings.ts';

/** What may be written into JavaScript and TypeScript: by finding, code that has it. */
export const scriptDefects: Partial<Record<Finding, PlantedMaker>> = {
  'empty catch swallows the error': (w, draw) => {
    const [call, thing] = [w.verb(), w.noun()];
    const error = draw.pick(['e', 'err', 'error', '_', 'ex', 'ignored']);
    const held = draw.pick(['', `(${error}) `, `(${error}) `]);
    return {
      lines: draw.pick([
        ['try {', `  ${call}(${thing});`, `} catch ${held}{}`],
        ['try {', `  ${call}(${thing});`, `} catch ${held}{`, '}'],
        [`try { ${call}(${thing}); } catch ${held}{ }`],
        [`let ${thing};`, 'try {', `  ${thing} = ${call}();`, `} catch ${held}{}`],
        [`${call}(${thing}).catch(() => {});`],
        [`${w.noun()}.${call}().catch((${error}) => {});`],
        ['try {', `  ${call}(${thing});`, `  ${w.verb()}();`, `} catch ${held}{`, '}'],
      ]),
    };
  },
  'unfinished work left as a TODO': (w, draw) => ({
    lines: draw.pick([
      [`// TODO ${w.prose()}`],
      [`// TODO: ${w.prose()}`],
      [`// FIXME ${w.prose()}`],
      [`// FIXME: ${w.words()} is wrong here`],
      [`// XXX ${w.words()}`],
      [`/* TODO: ${w.prose()} */`],
      [`// TODO(${w.noun()}): ${w.prose()}`],
      [`// ${w.prose()} (TODO)`],
      [`// TODO handle the case without ${w.noun()}`],
    ]),
  }),
  'debug output left in the code': (w, draw) => {
    const thing = w.noun();
    return {
      lines: [
        draw.pick([
          `console.log(${thing});`,
          `console.log('${thing}', ${thing});`,
          `console.log("here", ${thing});`,
          `console.debug(${thing}, ${w.noun()});`,
          `console.log(\`${w.words()} \${${thing}}\`);`,
          `console.log('${w.words()}');`,
          'debugger;',
          `console.dir(${thing});`,
          `console.log(JSON.stringify(${thing}));`,
          `console.log('>>>', ${thing})`,
        ]),
      ],
    };
  },
  'secret written in the source': (w, draw) => {
    const secret = w.secret();
    const name = draw.pick([
      'password',
      'apiKey',
      'API_KEY',
      'token',
      'secret',
      'accessToken',
      'dbPassword',
      'clientSecret',
      'authToken',
      'privateKeyPassword',
      'api_key',
    ]);
    const mark = draw.pick(["'", "'", '"', '`']);
    return {
      lines: [
        draw.pick([
          `const ${name} = ${mark}${secret}${mark};`,
          `const ${name} = ${mark}${secret}${mark};`,
          `let ${name} = ${mark}${secret}${mark};`,
          `this.${name} = ${mark}${secret}${mark};`,
          `${w.verb()}({ user: '${w.noun()}', ${name}: ${mark}${secret}${mark} });`,
          `options.${name} = ${mark}${secret}${mark};`,
        ]),
      ],
    };
  },
  'runs a string as code': (w, draw) => {
    const thing = w.noun();
    return {
      lines: [
        draw.pick([
          `eval(${thing});`,
          `const ${thing} = eval(${w.noun()});`,
          `const ${thing} = new Function(${w.noun()})();`,
          `new Function('${thing}', ${w.noun()})(${thing});`,
          `setTimeout('${w.verb()}()', ${draw.int(1, 90) * 10});`,
          `const ${thing} = eval('(' + ${w.noun()} + ')');`,
          `eval(\`${w.verb()}(\${${thing}})\`);`,
          `return eval(${thing});`,
        ]),
      ],
    };
  },
  'promise is not awaited': (w, draw) => {
    const thing = w.noun();
    return {
      lines: draw.pick([
        [`const ${thing} = fetch(${w.noun()}Url);`, `${w.verb()}(${thing}.status);`],
        [`${w.verb()}Async(${thing});`],
        [`fs.promises.writeFile(${thing}Path, ${w.noun()});`],
        [`${w.noun()}.${w.verb()}Async(${thing});`],
        [`const ${thing} = ${w.verb()}Async(${w.noun()});`],
        [`fs.promises.unlink(${thing}File);`],
        [`fetch('/${thing}', { method: 'POST' });`],
        [`let ${thing} = ${w.noun()}.${w.verb()}Async();`],
      ]),
    };
  },
  'opened file is never closed': (w, draw) => {
    const [file, thing] = [draw.pick(['fd', 'handle', 'file', 'input', w.noun()]), w.noun()];
    const mode = draw.pick(["'r'", "'w'", "'a'", "'r+'"]);
    const open = draw.pick(['fs.openSync', 'openSync', 'fs.openSync']);
    return {
      lines: [
        `const ${file} = ${open}(${thing}Path, ${mode});`,
        draw.pick([
          `fs.readSync(${file}, ${w.noun()}Buffer);`,
          `fs.writeSync(${file}, ${w.noun()});`,
          `${w.verb()}(${file});`,
          `const ${w.named(w.noun(), 'size')} = fs.fstatSync(${file}).size;`,
        ]),
      ],
    };
  },
  'loop runs one past the end': (w, draw) => {
    const [list, i] = [w.plural(), draw.pick(['i', 'i', 'j', 'k', 'at', 'index', 'n'])];
    const head = `for (let ${i} = 0; ${i} <= ${list}.length; ${draw.pick([`${i}++`, `${i}++`, `++${i}`, `${i} += 1`])}) {`;
    return {
      lines: draw.pick([
        [head, `  ${w.verb()}(${list}[${i}]);`, '}'],
        [head, `  ${w.noun()} += ${list}[${i}];`, '}'],
        [`let ${i} = 0;`, `while (${i} <= ${list}.length) {`, `  ${w.verb()}(${list}[${i}]);`, `  ${i}++;`, '}'],
        [head, `  if (${list}[${i}].${w.noun()}) ${w.verb()}(${i});`, '}'],
      ]),
    };
  },
};

/** By finding, code that only looks like it. */
export const scriptClean: Partial<Record<Finding, PlantedMaker>> = {
  'empty catch swallows the error': (w, draw) => {
    const [call, thing, error] = [w.verb(), w.noun(), draw.pick(['e', 'err', 'error', 'cause'])];
    const answer = draw.pick([
      `throw new Error('${w.words()}', { cause: ${error} });`,
      `logger.error(${error});`,
      `throw ${error};`,
      `return ${w.verb()}(${error});`,
      `report(${error}, '${w.words()}');`,
      `${w.plural()}.push(${error});`,
    ]);
    return {
      lines: draw.pick([
        ['try {', `  ${call}(${thing});`, `} catch (${error}) {`, `  ${answer}`, '}'],
        [`try { ${call}(${thing}); } catch (${error}) { ${answer} }`],
        [`${call}(${thing}).catch((${error}) => logger.warn(${error}));`],
        ['try {', `  ${call}(${thing});`, '} finally {', `  ${w.verb()}();`, '}'],
      ]),
    };
  },
  'unfinished work left as a TODO': (w, draw) => ({
    lines: draw.pick([
      [`const todoList = ${w.verb()}(${w.noun()});`],
      [`// ${w.prose()} before the ${w.noun()}`],
      [`const todos = ${w.plural()}.filter((todo) => !todo.done);`],
      [`// Nothing left to do for the ${w.noun()} here.`],
      [`/* ${w.prose()} once */`],
      [`// Fixed size: ${w.words()}.`],
    ]),
  }),
  'debug output left in the code': (w, draw) => ({
    lines: [
      draw.pick([
        `logger.debug('${w.words()}', ${w.noun()});`,
        `log.info(\`${w.words()} \${${w.noun()}}\`);`,
        `this.logger.warn(${w.noun()});`,
        `process.stdout.write(${w.noun()});`,
        `debug('${w.words()}', ${w.noun()});`,
        `const ${w.named('console', w.noun())} = ${w.verb()}();`,
        `printer.print(${w.noun()}, ${w.noun()});`.replace('printer.print', 'printer.start'),
      ]),
    ],
  }),
  'secret written in the source': (w, draw) => ({
    lines: [
      draw.pick([
        `const password = process.env.${w.noun().toUpperCase()}_PASSWORD;`,
        `const apiKey = process.env['API_KEY'];`,
        `const token = ${w.verb()}(request.headers);`,
        `const secret = await vault.read('${w.noun()}');`.replace('await ', ''),
        `const password = '';`,
        `let token = config.${w.noun()}.token;`,
        `const tokens = ${w.verb()}('${w.words()}');`,
        `this.apiKey = options.apiKey;`,
      ]),
    ],
  }),
  'runs a string as code': (w, draw) => ({
    lines: [
      draw.pick([
        `const ${w.noun()} = JSON.parse(${w.noun()}Text);`,
        `${w.noun()}.evaluate(${w.noun()});`,
        `const ${w.noun()} = pattern.exec(${w.noun()});`,
        `setTimeout(() => ${w.verb()}(), ${draw.int(1, 90) * 10});`,
        `const evaluated = ${w.verb()}(${w.noun()});`,
        `const ${w.noun()} = handlers[${w.noun()}](${w.noun()});`,
      ]),
    ],
  }),
  'promise is not awaited': (w, draw, { text }) => {
    const thing = w.noun();
    const always = [
      [`${w.verb()}Async(${thing}).catch(report);`],
      [`fetch(${thing}Url).then(${w.verb()}).catch(report);`],
      [`${w.plural()}.push(${thing});`, `const ${w.noun()} = ${w.verb()}Sync(${thing});`],
      [`return ${w.verb()}Async(${thing});`],
    ];
    const inAsync = [
      [`await ${w.verb()}Async(${thing});`],
      [`const ${thing} = await fetch(${w.noun()}Url);`],
      [`await fs.promises.writeFile(${thing}Path, ${w.noun()});`],
      [`const ${thing} = await ${w.noun()}.${w.verb()}Async();`],
    ];
    return { lines: draw.pick(/\basync\b/.test(text) ? inAsync : always) };
  },
  'opened file is never closed': (w, draw) => {
    const [file, thing] = [draw.pick(['source', 'stream', w.noun()]), w.noun()];
    return {
      lines: draw.pick([
        [`const ${file} = fs.readFileSync(${thing}Path, 'utf8');`],
        [`const ${file} = ${w.verb()}(${thing});`, `${file}.close();`],
        [`const ${file} = fs.existsSync(${thing}Path);`],
        [`fs.writeFileSync(${thing}Path, ${w.noun()});`],
      ]),
    };
  },
  'loop runs one past the end': (w, draw) => {
    const [list, i] = [w.plural(), draw.pick(['i', 'i', 'j', 'k', 'at', 'index', 'n'])];
    return {
      lines: draw.pick([
        [`for (let ${i} = 0; ${i} < ${list}.length; ${i}++) {`, `  ${w.verb()}(${list}[${i}]);`, '}'],
        [`for (let ${i} = 0; ${i} <= ${list}.length - 1; ${i}++) {`, `  ${w.verb()}(${list}[${i}]);`, '}'],
        [`for (const ${w.noun()} of ${list}) ${w.verb()}();`],
        [`for (let ${i} = ${list}.length - 1; ${i} >= 0; ${i}--) {`, `  ${w.verb()}(${list}[${i}]);`, '}'],
        [`let ${i} = 0;`, `while (${i} < ${list}.length) {`, `  ${w.verb()}(${list}[${i}]);`, `  ${i}++;`, '}'],
      ]),
    };
  },
};
