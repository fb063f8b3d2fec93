import type { PlantedMaker } from './planted.ts';
import type { Finding } from './findings.ts';

/** What may be written into Python: by finding, code that has it. */
export const pythonDefects: Partial<Record<Finding, PlantedMaker>> = {
  'empty catch swallows the error': (w, draw) => {
    const which = draw.pick([
      'except Exception:',
      'except:',
      'except OSError:',
      'except ValueError:',
      'except Exception as error:',
      'except (KeyError, TypeError):',
    ]);
    const nothing = draw.pick(['pass', 'pass', 'pass', '...']);
    const thing = w.noun();
    return {
      lines: draw.pick([
        ['try:', `  ${w.verb()}(${thing})`, which, `  ${nothing}`],
        ['try:', `  ${thing} = ${w.verb()}()`, which, `  ${nothing}`],
        ['try:', `  ${w.verb()}(${thing})`, `  ${w.verb()}()`, which, `  ${nothing}`],
        ['try:', `  ${w.verb()}(${thing})`, `${which} ${nothing}`],
      ]),
    };
  },
  'unfinished work left as a TODO': (w, draw) => ({
    lines: [
      draw.pick([
        `# TODO ${w.prose()}`,
        `# TODO: ${w.prose()}`,
        `# FIXME ${w.prose()}`,
        `# FIXME: ${w.words()} is wrong here`,
        `# XXX ${w.words()}`,
        `# TODO(${w.noun()}): ${w.prose()}`,
        `# ${w.prose()} (TODO)`,
        `# TODO handle the case without ${w.noun()}`,
      ]),
    ],
  }),
  'debug output left in the code': (w, draw) => {
    const thing = w.noun();
    return {
      lines: [
        draw.pick([
          `print(${thing})`,
          `print("${thing}", ${thing})`,
          `print('here', ${thing})`,
          `print(f"${w.words()} {${thing}}")`,
          `print("${w.words()}")`,
          `pprint(${thing})`,
          `print(repr(${thing}))`,
          `print('>>>', ${thing}, ${w.noun()})`,
        ]),
      ],
    };
  },
  'secret written in the source': (w, draw) => {
    const secret = w.secret();
    const name = draw.pick([
      'password',
      'api_key',
      'API_KEY',
      'token',
      'secret',
      'access_token',
      'db_password',
      'client_secret',
      'auth_token',
    ]);
    const mark = draw.pick(["'", '"', '"']);
    return {
      lines: [
        draw.pick([
          `${name} = ${mark}${secret}${mark}`,
          `${name} = ${mark}${secret}${mark}`,
          `self.${name} = ${mark}${secret}${mark}`,
          `${w.verb()}(user="${w.noun()}", ${name}=${mark}${secret}${mark})`,
          `options["${name}"] = ${mark}${secret}${mark}`,
          `headers = {"${name}": ${mark}${secret}${mark}}`,
        ]),
      ],
    };
  },
  'runs a string as code': (w, draw) => {
    const thing = w.noun();
    return {
      lines: [
        draw.pick([
          `eval(${thing})`,
          `${thing} = eval(${w.noun()})`,
          `exec(${thing})`,
          `exec(f"${w.verb()}({${thing}})")`,
          `${thing} = eval("(" + ${w.noun()} + ")")`,
          `exec(${thing}, ${w.noun()})`,
        ]),
      ],
    };
  },
  'promise is not awaited': (w, draw) => {
    const thing = w.noun();
    return {
      lines: [
        draw.pick([
          `${w.verb()}_async(${thing})`,
          `asyncio.sleep(${draw.int(1, 60)})`,
          `${thing} = ${w.verb()}_async(${w.noun()})`,
          `self.${w.verb()}_async(${thing})`,
          `${thing} = asyncio.wait_for(${w.noun()}, ${draw.int(1, 60)})`,
          `asyncio.gather(${w.verb()}(), ${w.verb()}())`,
        ]),
      ],
    };
  },
  'opened file is never closed': (w, draw) => {
    const [file, thing] = [draw.pick(['handle', 'file', 'f', 'source', w.noun()]), w.noun()];
    const open = draw.pick([
      `open(${thing}_path)`,
      `open(${thing}_path, "rb")`,
      `open("${thing}.txt", "w")`,
      `io.open(${thing}_path, encoding="utf-8")`,
      `${thing}_path.open()`,
    ]);
    return {
      lines: [
        `${file} = ${open}`,
        draw.pick([
          `${w.noun()} = ${file}.read()`,
          `${file}.write(${w.noun()})`,
          `${w.noun()} = json.load(${file})`,
          `${w.verb()}(${file})`,
          `${w.plural()} = ${file}.readlines()`,
        ]),
      ],
    };
  },
  'mutable default argument': (w, draw, chunk) => {
    const value = draw.pick(['[]', '{}', '[]', 'list()', 'dict()', 'set()', '[1]']);
    return withArgument(chunk, `${draw.chance(0.5) ? w.plural() : w.named(w.noun(), 'cache')}=${value}`);
  },
  'loop runs one past the end': (w, draw) => {
    const [list, i] = [w.plural(), draw.pick(['i', 'i', 'j', 'k', 'at', 'index', 'n'])];
    return {
      lines: draw.pick([
        [`for ${i} in range(len(${list}) + 1):`, `  ${w.verb()}(${list}[${i}])`],
        [`for ${i} in range(0, len(${list}) + 1):`, `  ${w.noun()} += ${list}[${i}]`],
        [`${i} = 0`, `while ${i} <= len(${list}):`, `  ${w.verb()}(${list}[${i}])`, `  ${i} += 1`],
      ]),
    };
  },
};

/** By finding, code that only looks like it. */
export const pythonClean: Partial<Record<Finding, PlantedMaker>> = {
  'empty catch swallows the error': (w, draw) => {
    const answer = draw.pick([
      `raise RuntimeError("${w.words()}") from error`,
      'logger.exception(error)',
      'raise',
      `return ${w.verb()}(error)`,
      `log.warning("${w.words()}: %s", error)`,
      `${w.plural()}.append(error)`,
    ]);
    const which = draw.pick(['Exception', 'OSError', 'ValueError', '(KeyError, TypeError)']);
    return { lines: ['try:', `  ${w.verb()}(${w.noun()})`, `except ${which} as error:`, `  ${answer}`] };
  },
  'unfinished work left as a TODO': (w, draw) => ({
    lines: [
      draw.pick([
        `todo_list = ${w.verb()}(${w.noun()})`,
        `# ${w.prose()} before the ${w.noun()}`,
        `todos = [one for one in ${w.plural()} if not one.done]`,
        `# Nothing left to do for the ${w.noun()} here.`,
        `# Fixed size: ${w.words()}.`,
      ]),
    ],
  }),
  'debug output left in the code': (w, draw) => ({
    lines: [
      draw.pick([
        `logger.debug("${w.words()} %s", ${w.noun()})`,
        `log.info(f"${w.words()} {${w.noun()}}")`,
        `self.logger.warning(${w.noun()})`,
        `sys.stdout.write(${w.noun()})`,
        `blueprint = ${w.verb()}(${w.noun()})`,
        `fingerprint = ${w.verb()}(${w.noun()})`,
      ]),
    ],
  }),
  'secret written in the source': (w, draw) => ({
    lines: [
      draw.pick([
        `password = os.environ["${w.noun().toUpperCase()}_PASSWORD"]`,
        `api_key = os.getenv("API_KEY")`,
        'password = getpass()',
        `token = ${w.verb()}(request.headers)`,
        `secret = vault.read("${w.noun()}")`,
        `token = ""`,
        `self.api_key = options.api_key`,
        `tokens = ${w.verb()}("${w.words()}")`,
      ]),
    ],
  }),
  'runs a string as code': (w, draw) => ({
    lines: [
      draw.pick([
        `${w.noun()} = json.loads(${w.noun()})`,
        `${w.noun()} = ast.literal_eval(${w.noun()})`,
        `model.eval()`,
        `${w.noun()} = evaluate(${w.noun()})`,
        `cursor.execute(${w.noun()})`,
        `${w.noun()} = handlers[${w.noun()}](${w.noun()})`,
      ]),
    ],
  }),
  'promise is not awaited': (w, draw, { text }) => {
    const thing = w.noun();
    return {
      lines: [
        /\basync def\b/.test(text)
          ? draw.pick([
              `await ${w.verb()}_async(${thing})`,
              `await asyncio.sleep(${draw.int(1, 60)})`,
              `${thing} = await ${w.verb()}_async(${w.noun()})`,
            ])
          : draw.pick([
              `time.sleep(${draw.int(1, 60)})`,
              `${thing} = asyncio.run(${w.verb()}_async(${w.noun()}))`,
              `return ${w.verb()}_async(${thing})`,
            ]),
      ],
    };
  },
  'opened file is never closed': (w, draw) => {
    const [file, thing] = [draw.pick(['handle', 'file', 'f', 'source']), w.noun()];
    return {
      lines: [
        `with open(${thing}_path${draw.pick(['', ', "rb"', ', encoding="utf-8"'])}) as ${file}:`,
        draw.pick([`  ${w.noun()} = ${file}.read()`, `  ${w.verb()}(${file})`, `  ${w.noun()} = json.load(${file})`]),
      ],
    };
  },
  'mutable default argument': (w, draw, chunk) =>
    withArgument(
      chunk,
      `${draw.chance(0.5) ? w.plural() : w.named(w.noun(), 'cache')}=${draw.pick(['None', 'None', '()', '0', '""'])}`,
    ),
  'loop runs one past the end': (w, draw) => {
    const [list, i] = [w.plural(), draw.pick(['i', 'i', 'j', 'k', 'at', 'index', 'n'])];
    return {
      lines: draw.pick([
        [`for ${i} in range(len(${list})):`, `  ${w.verb()}(${list}[${i}])`],
        [`for ${i} in range(1, len(${list})):`, `  ${w.verb()}(${list}[${i} - 1], ${list}[${i}])`],
        [`for ${i}, ${w.noun()} in enumerate(${list}):`, `  ${w.verb()}(${i})`],
        [`${i} = 0`, `while ${i} < len(${list}):`, `  ${w.verb()}(${list}[${i}])`, `  ${i} += 1`],
      ]),
    };
  },
};

/** Another argument at the end of a header that stands on one line. */
function withArgument(
  { name, text, parameters }: Parameters<PlantedMaker>[2],
  argument: string,
): ReturnType<PlantedMaker> {
  if (parameters === undefined || /[*[{'"]|,\s*$/.test(parameters)) return undefined;
  const from = `def ${name}(${parameters})`;
  if (!text.includes(from)) return undefined;
  const all = parameters === '' ? argument : `${parameters}, ${argument}`;
  return { from, to: `def ${name}(${all})`, parameters: all };
}
