import type { ChatAnswer, ChatTurn } from '../common/chat.ts';
import { count } from './format.ts';
import { doubtText, modeName, modeOf } from './modes.ts';
import { SpokenText } from './text/speech.ts';
import { visibleLine } from './text/clean.ts';
import { t } from './strings.ts';

/** Lines that stay in the live region; older ones have been spoken. */
const MAX_LINES = 30;

/**
 * Tells a screen reader what happens: answers paragraph by paragraph while they are written, each once, and how they
 * ended. Turns that were there before are not read out.
 */
export class Announcer {
  private readonly region: HTMLElement;
  private readonly spoken = new Map<string, SpokenText>();

  constructor(body: HTMLElement) {
    this.region = document.createElement('div');
    this.region.className = 'crib-spoken';
    this.region.setAttribute('role', 'log');
    this.region.setAttribute('aria-live', 'polite');
    this.region.setAttribute('aria-label', t('conversation'));
    body.append(this.region);
  }

  /** A turn has changed. */
  follow(turn: ChatTurn): void {
    for (const [i, answer] of turn.answers.entries()) {
      const key = `${turn.id} ${String(i)}`;
      const said = turn.answers.length > 1 ? `${modeName(modeOf(answer))}: ` : '';
      this.followAnswer(key, answer, said);
    }
  }

  say(text: string): void {
    const line = document.createElement('p');
    line.textContent = text;
    this.region.append(line);
    while (this.region.childElementCount > MAX_LINES) this.region.firstElementChild!.remove();
  }

  private followAnswer(key: string, answer: ChatAnswer, prefix: string): void {
    const isRunning = answer.state === 'waiting' || answer.state === 'streaming';
    let text = this.spoken.get(key);
    if (!text) {
      if (!isRunning) return;
      this.spoken.set(key, (text = new SpokenText()));
      this.say(prefix + t('sayAnswering'));
    }
    const nameCode = (lines: number): string => t('sayCode', count(lines));
    for (const paragraph of text.take(answer.text, !isRunning, nameCode)) this.say(prefix + paragraph);
    if (isRunning) return;
    this.spoken.delete(key);
    this.say(prefix + endOf(answer));
  }
}

function endOf({ state, error, answer }: ChatAnswer): string {
  const failure = error ?? answer?.error;
  if (failure) return t('sayFailed', visibleLine(failure.message), visibleLine(failure.action));
  if (state === 'stopped') return t('sayStopped');
  const doubt = doubtText(answer?.unsure);
  if (doubt !== undefined) return t('sayUnsure', doubt, count(answer?.found?.length ?? 0));
  return t('sayDone', count(answer?.citations.length ?? 0));
}
