import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeDecoder } from './decoderGraph.ts';
import { writeGguf } from './gguf.ts';
import { ggufTypes, shapes, type Precision, type ShapeName } from './shapes.ts';
import { paddedTokenizer } from './tokenizerFile.ts';
import { Weights } from './weights.ts';

/** Raise it when generated files change. */
const VERSION = 2;
/** `<end>` in the bundled tokenizer. */
const END_TOKEN = 5;

/** Random weights seldom say the end token: answers are as long as they may be. */
const ANSWER_TOKENS = 16;

/** The form of installed chat models: system text and source inside the first user turn. */
const chatTemplate =
  "{% for m in messages %}{% if m.role == 'system' %}{{ '<task>' + m.content + '<end>' }}" +
  "{% elif m.role == 'user' %}{{ '<user>' + m.content + '<end>' }}" +
  "{% else %}{{ '<bot>' + m.content + '<end>' }}{% endif %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<bot>' }}{% endif %}";

/** Generates models with seeded random weights once, into a folder that is not in version control. */
export class BenchModels {
  private readonly folder: string;
  private readonly starter: string;

  /**
   * @param folder where models are kept between runs
   * @param starter folder of the bundled model, whose tokenizer they share
   */
  constructor(folder: string, starter: string) {
    this.folder = folder;
    this.starter = starter;
  }

  /** Folder of an ONNX model in the onnxruntime-genai builder's layout. */
  onnx(name: ShapeName, precision: Precision): string {
    return this.once(`${name}-${precision}-v${VERSION}`, (folder) => {
      mkdirSync(folder);
      const shape = shapes[name];
      writeDecoder(path.join(folder, 'model.onnx'), new Weights(shape), precision);
      const write = (file: string, content: string): void => {
        writeFileSync(path.join(folder, file), content);
      };
      const model = {
        type: 'qwen2',
        context_length: shape.positions,
        vocab_size: shape.vocabulary,
        eos_token_id: END_TOKEN,
      };
      write('genai_config.json', JSON.stringify({ model }));
      const tokenizer = readFileSync(path.join(this.starter, 'tokenizer.json'), 'utf8');
      write('tokenizer.json', paddedTokenizer(tokenizer, shape.vocabulary));
      write('tokenizer_config.json', JSON.stringify({ eos_token: '<end>' }));
      write('chat_template.jinja', chatTemplate);
      const profile = { name: `${name}-${precision}`, fileMark: '<chunk>', answerTokens: ANSWER_TOKENS };
      write('cribsheet.json', JSON.stringify(profile));
    });
  }

  /** GGUF file with the weights of `onnx(name, precision)`. */
  gguf(name: ShapeName, precision: Precision): string {
    return this.once(`${name}-${ggufTypes[precision]}-v${VERSION}.gguf`, (file) => {
      writeGguf(file, new Weights(shapes[name]), ggufTypes[precision]);
    });
  }

  /** What is there is whole: it is made under another name and renamed. */
  private once(name: string, make: (target: string) => void): string {
    const target = path.join(this.folder, name);
    if (existsSync(target)) return target;
    mkdirSync(this.folder, { recursive: true });
    const temporary = path.join(this.folder, `.${process.pid}-${name}`);
    try {
      make(temporary);
      renameSync(temporary, target);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
    return target;
  }
}
