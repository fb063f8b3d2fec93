import type { Makers } from './planted.ts';
import type { Finding } from './findings.ts';

/** What may be written into Go, Rust and Java, where the finding makes sense there. */
export const otherDefects: Partial<Record<Finding, Makers>> = {
  'empty catch swallows the error': {
    go: (w) => ({ lines: [`if err := ${w.verb()}(${w.noun()}); err != nil {`, '}'] }),
    java: (w, draw) => ({
      lines: [
        'try {',
        `  ${w.verb()}(${w.noun()});`,
        `} catch (${draw.pick(['Exception', 'IOException', 'RuntimeException'])} ${draw.pick(['e', 'ignored', 'ex'])}) {`,
        '}',
      ],
    }),
  },
  'unfinished work left as a TODO': {
    go: (w, draw) => ({ lines: [`// ${draw.pick(['TODO', 'TODO:', 'FIXME', 'XXX'])} ${w.prose()}`] }),
    rust: (w, draw) => ({ lines: [`// ${draw.pick(['TODO', 'TODO:', 'FIXME', 'XXX'])} ${w.prose()}`] }),
    java: (w, draw) => ({ lines: [`// ${draw.pick(['TODO', 'TODO:', 'FIXME', 'XXX'])} ${w.prose()}`] }),
  },
  'debug output left in the code': {
    go: (w, draw) => ({
      lines: [
        draw.pick([
          `fmt.Println(${w.noun()})`,
          `fmt.Printf("%v\\n", ${w.noun()})`,
          `fmt.Println("${w.words()}", ${w.noun()})`,
        ]),
      ],
    }),
    rust: (w, draw) => ({
      lines: [draw.pick([`println!("{:?}", ${w.noun()});`, `dbg!(&${w.noun()});`, `println!("${w.words()}");`])],
    }),
    java: (w, draw) => ({
      lines: [
        draw.pick([
          `System.out.println(${w.noun()});`,
          `System.out.println("${w.words()} " + ${w.noun()});`,
          `System.err.println(${w.noun()});`,
        ]),
      ],
    }),
  },
  'secret written in the source': {
    go: (w, draw) => ({ lines: [`${draw.pick(['password', 'apiKey', 'token', 'secret'])} := "${w.secret()}"`] }),
    rust: (w, draw) => ({ lines: [`let ${draw.pick(['password', 'api_key', 'token', 'secret'])} = "${w.secret()}";`] }),
    java: (w, draw) => ({
      lines: [`String ${draw.pick(['password', 'apiKey', 'token', 'secret'])} = "${w.secret()}";`],
    }),
  },
  'runs a string as code': {
    java: (w) => ({ lines: [`Object ${w.noun()} = engine.eval(${w.noun()});`] }),
  },
  'opened file is never closed': {
    go: (w) => ({ lines: [`f, err := os.Open(${w.noun()}Path)`, `${w.verb()}(f, err)`] }),
    java: (w, draw) => ({
      lines: [
        draw.pick([
          `FileReader in = new FileReader(${w.noun()}Path);`,
          `FileInputStream in = new FileInputStream(${w.noun()}File);`,
        ]),
        `${w.verb()}(in);`,
      ],
    }),
  },
  'loop runs one past the end': {
    go: (w) => {
      const list = w.plural();
      return { lines: [`for i := 0; i <= len(${list}); i++ {`, `  ${w.verb()}(${list}[i])`, '}'] };
    },
    rust: (w) => {
      const list = w.plural();
      return { lines: [`for i in 0..=${list}.len() {`, `  ${w.verb()}(&${list}[i]);`, '}'] };
    },
    java: (w, draw) => {
      const list = w.plural();
      const size = draw.chance(0.5);
      return {
        lines: [
          `for (int i = 0; i <= ${list}.${size ? 'size()' : 'length'}; i++) {`,
          `  ${w.verb()}(${size ? `${list}.get(i)` : `${list}[i]`});`,
          '}',
        ],
      };
    },
  },
};

export const otherClean: Partial<Record<Finding, Makers>> = {
  'empty catch swallows the error': {
    go: (w) => ({ lines: [`if err := ${w.verb()}(${w.noun()}); err != nil {`, '  panic(err)', '}'] }),
    java: (w) => ({
      lines: [
        'try {',
        `  ${w.verb()}(${w.noun()});`,
        '} catch (Exception e) {',
        '  throw new IllegalStateException(e);',
        '}',
      ],
    }),
  },
  'unfinished work left as a TODO': {
    go: (w) => ({ lines: [`// ${w.prose()} before the ${w.noun()}`] }),
    rust: (w) => ({ lines: [`let todo_list = ${w.verb()}(&${w.noun()});`] }),
    java: (w) => ({ lines: [`// Nothing left to do for the ${w.noun()} here.`] }),
  },
  'debug output left in the code': {
    go: (w) => ({ lines: [`logger.Debug("${w.words()}", ${w.noun()})`] }),
    rust: (w) => ({ lines: [`log::debug!("${w.words()}");`] }),
    java: (w) => ({ lines: [`logger.debug("${w.words()}", ${w.noun()});`] }),
  },
  'secret written in the source': {
    go: (w) => ({ lines: [`password := os.Getenv("${w.noun().toUpperCase()}_PASSWORD")`] }),
    rust: (w) => ({ lines: [`let token = std::env::var("${w.noun().toUpperCase()}_TOKEN");`] }),
    java: (w) => ({ lines: [`String apiKey = System.getenv("${w.noun().toUpperCase()}_KEY");`] }),
  },
  'opened file is never closed': {
    go: (w) => ({ lines: [`${w.noun()}, err := os.ReadFile(${w.noun()}Path)`] }),
    java: (w) => ({ lines: [`try (FileReader in = new FileReader(${w.noun()}Path)) {`, `  ${w.verb()}(in);`, '}'] }),
  },
  'loop runs one past the end': {
    go: (w) => {
      const list = w.plural();
      return { lines: [`for i := 0; i < len(${list}); i++ {`, `  ${w.verb()}(${list}[i])`, '}'] };
    },
    rust: (w) => {
      const list = w.plural();
      return { lines: [`for i in 0..${list}.len() {`, `  ${w.verb()}(&${list}[i]);`, '}'] };
    },
    java: (w) => {
      const list = w.plural();
      return { lines: [`for (int i = 0; i < ${list}.length; i++) {`, `  ${w.verb()}(${list}[i]);`, '}'] };
    },
  },
};
