import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { namesWithin, referencesOf } from '../../src/engine/corpus/references.ts';
import { grammarFolder } from '../corpus/grammarFolder.ts';

let grammars: Grammars;
let remove: () => Promise<void>;

beforeAll(async () => {
  const made = await grammarFolder();
  remove = made.remove;
  grammars = await Grammars.open(made.folder);
});
afterAll(() => remove());

async function namesIn(language: string, text: string): Promise<{ calls: string[]; imports: string[] }> {
  const { calls, imports } = await referencesOf({ language, text }, grammars);
  const whole = { startLine: 1, endLine: text.split('\n').length };
  return { calls: namesWithin(calls, whole), imports: namesWithin(imports, whole) };
}

describe('calls and imports', () => {
  test('TypeScript', async () => {
    const text = `import { a } from './a.ts';
import type { B } from "b";
export * from './c.ts';
import old = require('old');
const d = require('d');
async function load() {
  const e = await import('./e.ts');
  const f = await import(\`./\${e}.ts\`);
  super.start();
  this.#open<string>(a(1).b?.(2));
  new Map<string, number>();
  new ns.Client(options!.make());
  (await pick())();
  curried(1)(2);
  table[key]();
  tag\`x\`;
  return d.x.y(a(2));
}
@Injectable()
class Service extends mixin(Base) {}
`;
    expect(await namesIn('typescript', text)).toEqual({
      calls: [
        ...['start', '#open', 'a', 'b', 'Map', 'Client', 'make', 'pick', 'curried', 'tag', 'y', 'Injectable', 'mixin'],
      ],
      imports: ['./a.ts', 'b', './c.ts', 'old', 'd', './e.ts'],
    });
  });

  test('TSX and JavaScript', async () => {
    const tsx = `export const View = () => <div onClick={() => send(1)}>{items.map((i) => <Row key={key(i)} />)}</div>;\n`;
    expect(await namesIn('tsx', tsx)).toEqual({ calls: ['send', 'map', 'key'], imports: [] });
    const javascript = `const { x } = require("x/y");\nmodule.exports = function () { return obj['m'](new Foo); };\nlog(x);\n`;
    expect(await namesIn('javascript', javascript)).toEqual({ calls: ['Foo', 'log'], imports: ['x/y'] });
  });

  test('Python', async () => {
    const text = `from __future__ import annotations
import os, sys.path as p
from . import helpers
from ..core.base import Base as B, other
@cache
@app.route("/")
def f(x):
    super().__init__(x)
    print(os.path.join(a, B(1)), handlers[0](x), (lambda: 1)())
    return [g(y) for y in x.items()]
`;
    expect(await namesIn('python', text)).toEqual({
      calls: ['route', 'super', '__init__', 'print', 'join', 'B', 'g', 'items'],
      imports: ['__future__', 'os', 'sys.path', '.', '..core.base'],
    });
  });

  test('Go', async () => {
    const text = `package main
import (
	"fmt"
	log "github.com/a/log"
)
import . "math"
func main() {
	x := make([]int, 3)
	fmt.Println(len(x), s.inner.Do(1), Map[int](x), func() int { return 1 }())
	go work(x)
	defer mu.Unlock()
}
`;
    expect(await namesIn('go', text)).toEqual({
      calls: ['make', 'Println', 'len', 'Do', 'Map', 'work', 'Unlock'],
      imports: ['fmt', 'github.com/a/log', 'math'],
    });
  });

  test('Rust', async () => {
    const text = `extern crate alloc;
use std::collections::{HashMap, hash_map::{self, Entry as E}};
use crate::a::*;
use b as c;
fn main() {
    let v = Vec::<u8>::new();
    println!("{}", v.len());
    self.state.lock().unwrap();
    let n = parse::<i32>("1")?;
    std::mem::swap(&mut a, &mut b);
    my::vec![1];
}
`;
    expect(await namesIn('rust', text)).toEqual({
      calls: ['new', 'println', 'lock', 'unwrap', 'parse', 'swap', 'vec'],
      imports: [
        ...['alloc', 'std::collections::HashMap', 'std::collections::hash_map', 'std::collections::hash_map::Entry'],
        ...['crate::a::*', 'b'],
      ],
    });
  });

  test('Java', async () => {
    const text = `package a.b;
import java.util.List;
import java.util.concurrent.*;
import static java.lang.Math.max;
class A extends B {
  A() { super(1); this.go(); }
  List<String> go() {
    var x = new java.util.ArrayList<String>(max(1, 2));
    System.out.println(x.stream().map(String::trim).toList());
    return new Outer.Inner<>(x);
  }
}
`;
    expect(await namesIn('java', text)).toEqual({
      calls: ['go', 'ArrayList', 'max', 'println', 'stream', 'map', 'toList', 'Inner'],
      imports: ['java.util.List', 'java.util.concurrent.*', 'java.lang.Math.max'],
    });
  });

  test('C++ and C', async () => {
    const text = `#include <vector>
#include "a/b.h"
int main() {
  std::vector<int> v = make<int>(f(1));
  obj->run(ns::g(2));
  auto* p = new ns::Widget<int>(3);
  (*callback)(4);
}
`;
    const expected = { calls: ['make', 'f', 'run', 'g', 'Widget'], imports: ['vector', 'a/b.h'] };
    expect(await namesIn('cpp', text)).toEqual(expected);
    expect(await namesIn('c', '#include <stdio.h>\nint main(void) { puts(s->name(1)); }\n')).toEqual({
      calls: ['puts', 'name'],
      imports: ['stdio.h'],
    });
  });

  test('C#, Ruby, PHP and Bash', async () => {
    const csharp = `using System;\nusing static System.Math;\nclass A { void F() { Console.WriteLine(new List<int>(Max(1, 2))); x?.Run<int>(); } }\n`;
    expect(await namesIn('csharp', csharp)).toEqual({
      calls: ['WriteLine', 'List', 'Max', 'Run'],
      imports: ['System', 'System.Math'],
    });
    const ruby = `require 'json'\nrequire_relative "a/b"\nclass A\n  def f(x)\n    JSON.parse(x).map { |y| Foo.new(y) }\n  end\nend\n`;
    expect(await namesIn('ruby', ruby)).toEqual({ calls: ['parse', 'map', 'new'], imports: ['json', 'a/b'] });
    const php = `<?php\nuse App\\Models\\User;\nrequire_once 'x.php';\nclass A { function f() { strlen(trim($a)); $this->go(); User::find(1); return new \\App\\Box(2); } }\n`;
    expect(await namesIn('php', php)).toEqual({
      calls: ['strlen', 'trim', 'go', 'find', 'Box'],
      imports: ['App\\Models\\User', 'x.php'],
    });
    const bash = `source ./lib.sh\nf() { grep x "$(cat y)"; }\n`;
    expect(await namesIn('bash', bash)).toEqual({ calls: ['grep', 'cat'], imports: ['./lib.sh'] });
  });

  test('a language without a grammar, and broken text, give what can be had', async () => {
    expect(await namesIn('markdown', '# call()\n')).toEqual({ calls: [], imports: [] });
    expect((await namesIn('python', 'def f(:\n  g(1)\nimport os\n')).imports).toEqual(['os']);
  });

  test('a chunk gets what stands on its own lines', () => {
    const references = [
      { line: 1, name: 'a' },
      { line: 3, name: 'b' },
      { line: 3, name: 'a' },
      { line: 4, name: 'b' },
    ];
    expect(namesWithin(references, { startLine: 2, endLine: 4 })).toEqual(['b', 'a']);
  });
});
