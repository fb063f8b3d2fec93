import ts from 'typescript';

/** What a source file says about one definition, read by TypeScript's own parser: an oracle beside the chunker. */
export interface Fact {
  path: string;
  name: string;
  qualifiedName: string;
  /** 1-based line of the name. */
  line: number;
  /** Has parameters, maybe none. */
  callable: boolean;
  /** First sentence of the documentation. */
  doc?: string;
}

/** Top-level definitions of a TypeScript or JavaScript file, and the methods of its classes. */
export function factsOf(path: string, text: string): Fact[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const facts: Fact[] = [];
  const add = (name: ts.Node | undefined, callable: boolean, holder: ts.Node, owner = ''): void => {
    if (!name || !ts.isIdentifier(name)) return;
    const doc = docOf(holder);
    facts.push({
      path,
      name: name.text,
      qualifiedName: owner + name.text,
      line: source.getLineAndCharacterOfPosition(name.getStart(source)).line + 1,
      callable,
      ...(doc ? { doc } : {}),
    });
  };
  for (const statement of source.statements) {
    if (ts.isFunctionDeclaration(statement)) add(statement.name, true, statement);
    else if (ts.isClassDeclaration(statement)) {
      add(statement.name, false, statement);
      for (const member of statement.members) {
        if (ts.isMethodDeclaration(member)) add(member.name, true, member, `${statement.name?.text ?? ''}.`);
      }
    } else if (ts.isVariableStatement(statement)) {
      for (const { name, initializer } of statement.declarationList.declarations) {
        add(name, initializer !== undefined && ts.isFunctionLike(initializer), statement);
      }
    } else if (
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isEnumDeclaration(statement)
    ) {
      add(statement.name, false, statement);
    }
  }
  return facts;
}

function docOf(node: ts.Node): string | undefined {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)?.comment;
  const text = ts.getTextOfJSDocComment(comment)?.replaceAll(/\s+/gu, ' ');
  return text?.split(/(?<=[.!?])\s/u)[0]?.trim();
}

export interface Asked {
  question: string;
  fact: Fact;
}

/** Questions that have one answer: names and descriptions that are there once, by kind. */
export function questionsOf(facts: readonly Fact[]): Record<'where' | 'parameters' | 'description', Asked[]> {
  const count = (key: (fact: Fact) => string | undefined): ((fact: Fact) => boolean) => {
    const seen = Map.groupBy(facts, key);
    return (fact) => seen.get(key(fact))?.length === 1;
  };
  const [byName, byPlace, byDoc] = [
    count(({ name }) => name),
    count(({ qualifiedName }) => qualifiedName),
    count(({ doc }) => doc),
  ];
  const named = facts
    .filter((fact) => byName(fact) || byPlace(fact))
    .map((fact) => ({ fact, called: byName(fact) ? fact.name : fact.qualifiedName }));
  const described = facts.filter((fact) => {
    const words = fact.doc?.split(' ').length ?? 0;
    return fact.callable && byDoc(fact) && words >= 4 && words <= 30;
  });
  return {
    where: named.map(({ fact, called }) => ({ fact, question: `Where is ${called} defined?` })),
    parameters: named
      .filter(({ fact }) => fact.callable)
      .map(({ fact, called }) => ({ fact, question: `What parameters does ${called} take?` })),
    description: described.map((fact) => ({ fact, question: `Which function does: ${fact.doc ?? ''}` })),
  };
}
