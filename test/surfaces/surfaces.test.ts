import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { contributed, type Contributes } from './contributed.ts';

/** What a test asserts with: one of these is in the body of each test that claims to cover something. */
const assertions = /^(?:expect|waitFor|poll|equal|deepEqual|ok|match)$/u;

interface Mark {
  surface: string;
  where: string;
  /** Is the marked function the body of a test that runs and asserts something? */
  isTest: boolean;
}

/** Every `covers([...], body)` in the tests. */
function marks(): Mark[] {
  const folder = path.resolve(import.meta.dirname, '..');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.(?:e2e|host|test)\.ts$/u.test(file) && !/(?:^|[\\/])(?:work|node_modules)[\\/]/u.test(file),
  );
  return files.flatMap((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    if (!text.includes('covers(')) return [];
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const found: Mark[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && isNamed(node.expression, /^covers$/u)) found.push(...marksOf(node, source));
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

function marksOf(call: ts.CallExpression, source: ts.SourceFile): Mark[] {
  const [list, body] = call.arguments;
  const where = `${source.fileName}:${String(source.getLineAndCharacterOfPosition(call.getStart()).line + 1)}`;
  const { parent } = call;
  const runs = ts.isCallExpression(parent) && isNamed(parent.expression, /^(?:test|it)$/u);
  const isTest = runs && body !== undefined && asserts(body);
  if (!list || !ts.isArrayLiteralExpression(list)) return [{ surface: '(no list)', where, isTest }];
  return list.elements.map((one) => ({
    surface: ts.isStringLiteralLike(one) ? one.text : one.getText(),
    where,
    isTest,
  }));
}

function asserts(node: ts.Node): boolean {
  if (ts.isCallExpression(node)) {
    const { expression } = node;
    const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
    if (isNamed(name, assertions)) return true;
  }
  return ts.forEachChild(node, (child) => asserts(child) || undefined) ?? false;
}

const isNamed = (node: ts.Node, name: RegExp): boolean => ts.isIdentifier(node) && name.test(node.text);

const all = contributed(manifest.contributes as Contributes);
const covered = marks();

test('each command, menu, view, setting and the rest of what package.json contributes has a test', () => {
  const there = new Set(covered.map(({ surface }) => surface));
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter((surface) => !there.has(surface))).toEqual([]);
});

test('no test claims to cover what is not contributed any more', () => {
  const known = new Set<string>(all);
  expect(covered.filter(({ surface }) => !known.has(surface))).toEqual([]);
});

test('what claims to cover something is the body of a test that is not skipped, and asserts something', () => {
  expect(covered.filter(({ isTest }) => !isTest)).toEqual([]);
});
