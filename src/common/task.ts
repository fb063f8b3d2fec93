/** What the reader will ask: the text that decides which positions of a segment are kept. */
export interface TaskExample {
  question: string;
  answer: string;
}

export interface Task {
  id: string;
  title: string;
  description: string;
  /** Instruction in Markdown: the zero-shot probe. */
  instruction: string;
  /** Sample questions and answers: the few-shot probe adds them. */
  examples: TaskExample[];
  /** Compression ratio that the task asks for; settings and flags override it. */
  ratio?: number;
  /** Sheet size in positions; overrides `ratio`. */
  tokens?: number;
  strategy?: string;
  /** Globs of paths that the task is about; empty means the whole workspace. */
  scope: string[];
  model?: string;
}
