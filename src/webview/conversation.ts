import type { ChatState, ChatTurn, HostMessage } from '../common/chat.ts';

/**
 * What the host said last. Turns are never changed in place: a turn that is the same object has nothing new to show,
 * so 200 finished turns cost nothing while the 201st is written.
 */
export class Conversation {
  state: ChatState | undefined;
  /** Id of the chat that `turns` belong to. */
  chat: string | undefined;
  turns: readonly ChatTurn[] = [];

  /** Takes a message over. Returns the turn that changed, if it was one. What belongs to another chat is left out. */
  apply(message: HostMessage): ChatTurn | undefined {
    switch (message.type) {
      case 'state':
        this.state = message.state;
        return undefined;
      case 'chat':
        this.chat = message.id;
        this.turns = message.turns;
        return undefined;
      case 'turn':
        return message.chat === this.chat ? this.put(message.turn) : undefined;
      case 'text':
        return message.chat === this.chat ? this.grow(message.turn, message.answer, message.text) : undefined;
      case 'focus':
        return undefined;
    }
  }

  /** The last turn that is still being answered. */
  get running(): ChatTurn | undefined {
    return this.turns.findLast(isRunning);
  }

  private put(turn: ChatTurn): ChatTurn {
    const at = this.turns.findIndex(({ id }) => id === turn.id);
    this.turns = at < 0 ? [...this.turns, turn] : this.turns.with(at, turn);
    return turn;
  }

  private grow(id: string, index: number, text: string): ChatTurn | undefined {
    const turn = this.turns.find((t) => t.id === id);
    const answer = turn?.answers[index];
    if (!turn || !answer) return undefined;
    const grown = { ...answer, state: 'streaming' as const, text: answer.text + text };
    return this.put({ ...turn, answers: turn.answers.with(index, grown) });
  }
}

export function isRunning(turn: ChatTurn): boolean {
  return turn.answers.some(({ state }) => state === 'waiting' || state === 'streaming');
}
