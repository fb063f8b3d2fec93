import { Template } from '@huggingface/jinja';
import { CribsheetError } from '../../common/errors.ts';
import type { ModelProfile } from './profile.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface ChatTurn {
  question: string;
  answer: string;
}

// Private-use characters: no template text or tokenizer merges with them.
const CONTEXT_SLOT = '\uE000';
const TEXT_SLOT = '\uE001';

/**
 * The token sequences around the source: preamble before it, probe (task instruction) or question after it. They are
 * cut from the model's own chat template, so each model gets the form it was trained on; workspace and user text
 * only ever enters through `Tokenizer.encodeText`.
 */
export class ChatForm {
  private readonly template: Template | undefined;
  private readonly profile: ModelProfile;
  private readonly tokenizer: Tokenizer;
  private readonly tokens: Record<string, unknown>;

  /** @throws CribsheetError `model-broken` where the template cannot be used */
  constructor(
    chatTemplate: string | undefined,
    profile: ModelProfile,
    tokenizer: Tokenizer,
    tokenizerConfig: Record<string, unknown>,
  ) {
    try {
      this.template = chatTemplate === undefined ? undefined : new Template(chatTemplate);
    } catch (cause) {
      throw broken('cannot be parsed', cause);
    }
    this.profile = profile;
    this.tokenizer = tokenizer;
    this.tokens = {
      bos_token: tokenText(tokenizerConfig['bos_token']),
      eos_token: tokenText(tokenizerConfig['eos_token']),
    };
    this.checkTemplate();
    const pad = profile.probePad?.token;
    if (pad !== undefined && tokenizer.tokenId(pad) === undefined) {
      throw new CribsheetError(
        'model-broken',
        `The profile cribsheet.json of the model pads with "${pad}", which its tokenizer does not know.`,
        'Correct "probePad" in it.',
      );
    }
  }

  /** What a template makes of text shows only when it is rendered: better now than at the first question. */
  private checkTemplate(): void {
    const once = (form: string, slot: string): boolean => form.split(slot).length === 2;
    let isWhole: boolean;
    try {
      if (this.profile.context === 'before-chat') {
        const forms = ['user', 'system'].map((role) => this.render([{ role, content: TEXT_SLOT }], role === 'user'));
        isWhole = forms.every((form) => once(form, TEXT_SLOT));
      } else {
        const form = this.userTurn([]);
        isWhole = once(form, CONTEXT_SLOT) && once(form.split(CONTEXT_SLOT)[1]!, TEXT_SLOT);
      }
    } catch (cause) {
      throw broken('cannot be rendered', cause);
    }
    if (!isWhole) throw broken('does not repeat what the user says exactly once');
  }

  /** What stands before the source; kept whole in every sheet. May be empty. */
  preamble(): number[] {
    if (this.profile.context === 'before-chat') return [];
    return this.tokenizer.encodeTemplate(this.userTurn([]).split(CONTEXT_SLOT)[0] ?? '');
  }

  /** The probe: instruction, and for the few-shot variant the examples; padded where the profile says so. */
  probe(instruction: string, examples: readonly ChatTurn[] = []): number[] {
    const form =
      this.profile.context === 'before-chat'
        ? this.chatAfterContext(instruction, examples)
        : this.restOfUserTurn(instruction, examples);
    const pad = this.profile.probePad;
    if (pad) while (form.length < pad.length) form.push(this.tokenizer.tokenId(pad.token)!);
    return form;
  }

  /** The question after the source, up to where the answer begins. White space around it is dropped, as most templates do. */
  question(question: string): number[] {
    const text = question.trim();
    if (this.profile.context === 'before-chat') {
      return this.fill(this.render([{ role: 'user', content: TEXT_SLOT }], true), [text]);
    }
    const after = this.userTurn([]).split(CONTEXT_SLOT)[1] ?? '';
    return this.fill(after, [text]);
  }

  private chatAfterContext(instruction: string, examples: readonly ChatTurn[]): number[] {
    const turns = examples.flatMap(() => [
      { role: 'user', content: TEXT_SLOT },
      { role: 'assistant', content: TEXT_SLOT },
    ]);
    const rendered = this.render([{ role: 'system', content: TEXT_SLOT }, ...turns], false);
    return this.fill(rendered, [instruction, ...examples.flatMap((e) => [e.question, e.answer])]);
  }

  private restOfUserTurn(instruction: string, examples: readonly ChatTurn[]): number[] {
    const after = this.userTurn(examples).split(CONTEXT_SLOT)[1] ?? '';
    return this.fill(after, [instruction, ...examples.flatMap((e) => [e.question, e.answer])]);
  }

  /** System turn, then one user turn that holds the context and a text, then further turns for examples. */
  private userTurn(examples: readonly ChatTurn[]): string {
    const system = this.profile.system ? [{ role: 'system', content: this.profile.system }] : [];
    const first = { role: 'user', content: `${CONTEXT_SLOT}\n\n${TEXT_SLOT}` };
    const turns = examples.flatMap(() => [
      { role: 'user', content: TEXT_SLOT },
      { role: 'assistant', content: TEXT_SLOT },
    ]);
    const acknowledged = turns.length ? [{ role: 'assistant', content: 'Yes.' }] : [];
    try {
      return this.render([...system, first, ...acknowledged, ...turns], turns.length === 0);
    } catch {
      // Some templates (Gemma and others) know no system role: its text then opens the user turn.
      const merged = { role: 'user', content: `${this.profile.system}\n\n${first.content}` };
      return this.render([merged, ...acknowledged, ...turns], turns.length === 0);
    }
  }

  private render(messages: readonly { role: string; content: string }[], addGenerationPrompt: boolean): string {
    if (!this.template) return messages.map((m) => `${m.content}\n\n`).join('');
    // Reasoning models answer look-ups without a chain of thought; templates that do not know the switch ignore it.
    const flags = { add_generation_prompt: addGenerationPrompt, enable_thinking: false };
    return this.template.render({ messages, ...flags, ...this.tokens });
  }

  /** Encodes a rendered form whose slots are filled with `texts` in order. */
  private fill(form: string, texts: readonly string[]): number[] {
    return form.split(TEXT_SLOT).flatMap((part, i) => {
      const before = i === 0 ? [] : this.tokenizer.encodeText(texts[i - 1] ?? '');
      return [...before, ...this.tokenizer.encodeTemplate(part)];
    });
  }
}

/** Configurations name a token by its text or by an object that holds it. */
function tokenText(token: unknown): string {
  const content = typeof token === 'object' && token !== null && 'content' in token ? token.content : token;
  return typeof content === 'string' ? content : '';
}

function broken(why: string, cause?: unknown): CribsheetError {
  return new CribsheetError('model-broken', `The model's chat template ${why}.`, 'Install the model again.', { cause });
}
